#include "etcd/v2_tree.hpp"

#include "etcd/json_sax.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>

namespace hitless::etcd::v2 {
namespace {

/// Called by the parser, in the order of the text. Every object but the outermost is a node.
class TreeHandler : public JsonSax {
  public:
    explicit TreeHandler(std::vector<keys::Entry>& entries) : entries_(entries) {}

    [[nodiscard]] bool saw_node() const { return saw_node_; }

    bool string(string_t& text) override {
        if (nodes_.empty())
            return false;
        if (name_ == "key")
            nodes_.back().key = std::move(text);
        else if (name_ == "value")
            nodes_.back().value = std::move(text);
        return true;
    }

    bool key(string_t& name) override {
        std::swap(name_, name);
        return true;
    }

    bool start_object(std::size_t) override {
        saw_node_ = saw_node_ || (nodes_.size() == 1 && name_ == "node");
        nodes_.emplace_back();
        return true;
    }

    bool end_object() override {
        Node& node = nodes_.back();
        if (nodes_.size() > 1 && node.value)
            entries_.push_back({std::move(node.key), std::move(*node.value)});
        nodes_.pop_back();
        return true;
    }

    bool start_array(std::size_t) override { return !nodes_.empty(); }

  private:
    struct Node {
        std::string key;
        std::optional<std::string> value; ///< a directory has none
    };

    std::vector<keys::Entry>& entries_;
    std::vector<Node> nodes_; ///< the objects that are open
    std::string name_;        ///< of the member that is being read
    bool saw_node_ = false;
};

} // namespace

bool parse_tree(std::string_view json, std::vector<keys::Entry>& entries) {
    TreeHandler handler(entries);
    return nlohmann::json::sax_parse(json, &handler) && handler.saw_node();
}

} // namespace hitless::etcd::v2
