#include "etcd/v2_tree.hpp"

#include "etcd/json.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>

namespace hitless::etcd::v2 {
namespace {

/// Keys and directories. An answer that has more is none: it would keep everything else waiting.
constexpr std::size_t most_nodes = 1'000'000;

/// Where a key lies: "/a" of "/a/b", "" of "/a"; nullopt of what is no key of a node.
std::optional<std::string_view> directory_of(std::string_view key) {
    const std::size_t slash = key.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == key.size() || key.front() != '/')
        return std::nullopt;
    return key.substr(0, slash);
}

/// Called by the parser, in the order of the text: the outermost object, in it the node of the
/// root, in its "nodes" their nodes and so on. Every function returns false at what doesn't belong
/// there, which ends the parsing.
class TreeHandler : public nlohmann::json_sax<nlohmann::json> {
  public:
    /// "/" has no key in an answer.
    TreeHandler(std::string_view root, std::uint64_t index, std::vector<keys::Entry>& entries)
        : root_(root == "/" ? "" : root), index_(index), entries_(entries) {}

    [[nodiscard]] bool is_whole() const {
        return seen_ == (bit_of(Member::action) | bit_of(Member::node));
    }

    bool null() override { return is_passed_over(); }
    bool number_float(number_float_t, const string_t&) override { return is_passed_over(); }
    bool binary(binary_t&) override { return false; }
    bool number_integer(number_integer_t) override { return is_ttl() || is_passed_over(); }
    bool number_unsigned(number_unsigned_t number) override {
        const bool is_index = is(Member::modified) || is(Member::created);
        return is_ttl() || (is_index && number <= index_) || is_passed_over();
    }

    bool boolean(bool value) override {
        if (is(Member::dir))
            nodes_.back().is_directory = value;
        return is(Member::dir) || is_passed_over();
    }

    bool string(string_t& text) override {
        if (is(Member::action))
            return text == "get";
        if (is(Member::key))
            nodes_.back().key = std::move(text);
        else if (is(Member::value))
            nodes_.back().value = std::move(text);
        else
            return is(Member::expiration) || is_passed_over();
        return true;
    }

    bool key(string_t& name) override {
        member_ = nodes_.empty() ? member_of_answer(name) : member_of_node(name);
        return note(member_, nodes_.empty() ? seen_ : nodes_.back().seen);
    }

    bool start_object(std::size_t) override {
        const bool is_root = began_ && nodes_.empty() && is(Member::node);
        const bool is_child = !nodes_.empty() && nodes_.back().in_list;
        if (!is_root && !is_child)
            return !std::exchange(began_, true);
        if (nodes_.size() == deepest_json || ++count_ > most_nodes)
            return false;
        nodes_.emplace_back();
        return true;
    }

    bool end_object() override {
        if (nodes_.empty())
            return true; // the whole answer's
        Node node = std::move(nodes_.back());
        nodes_.pop_back();
        if (node.is_directory == node.value.has_value())
            return false;
        if (node.children_lie_in && (!node.is_directory || *node.children_lie_in != node.key))
            return false;
        if (!nodes_.empty() ? !note_child(node.key, nodes_.back()) : node.key != root_)
            return false;
        if (node.value)
            entries_.push_back({std::move(node.key), std::move(*node.value)});
        return true;
    }

    bool start_array(std::size_t) override {
        const bool is_list = !nodes_.empty() && is(Member::nodes);
        if (is_list)
            nodes_.back().in_list = true;
        return is_list;
    }

    bool end_array() override {
        nodes_.back().in_list = false;
        return true;
    }

    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

  private:
    enum class Member {
        other,
        action,
        node,
        key,
        value,
        dir,
        nodes,
        modified,
        created,
        ttl,
        expiration
    };

    struct Node {
        unsigned seen = 0; ///< the bits of its members
        std::string key;
        std::optional<std::string> value; ///< a directory has none
        bool is_directory = false;
        bool in_list = false; ///< its list of nodes is being read
        std::optional<std::string> children_lie_in;
    };

    static unsigned bit_of(Member member) { return 1U << static_cast<unsigned>(member); }
    /// False when the member was there before; of those that aren't known it doesn't matter.
    static bool note(Member member, unsigned& seen) {
        const unsigned bit = member == Member::other ? 0 : bit_of(member);
        return (std::exchange(seen, seen | bit) & bit) == 0;
    }
    static Member member_of_answer(std::string_view name) {
        return name == "action" ? Member::action : name == "node" ? Member::node : Member::other;
    }

    static Member member_of_node(std::string_view name) {
        constexpr std::pair<std::string_view, Member> members[] = {
            {"key", Member::key},
            {"value", Member::value},
            {"modifiedIndex", Member::modified},
            {"createdIndex", Member::created},
            {"dir", Member::dir},
            {"nodes", Member::nodes},
            {"ttl", Member::ttl},
            {"expiration", Member::expiration}};
        for (const auto& [known, member] : members)
            if (name == known)
                return member;
        return Member::other;
    }

    [[nodiscard]] bool is(Member member) const {
        const bool in_list = !nodes_.empty() && nodes_.back().in_list; // there are no members
        return began_ && !in_list && member_ == member;
    }
    [[nodiscard]] bool is_ttl() const { return is(Member::ttl); }
    /// Members that aren't known may hold any plain value.
    [[nodiscard]] bool is_passed_over() const { return is(Member::other); }

    static bool note_child(std::string_view key, Node& parent) {
        const auto directory = directory_of(key);
        if (directory && !parent.children_lie_in)
            parent.children_lie_in = *directory;
        return directory && *directory == *parent.children_lie_in;
    }

    std::string_view root_;
    std::uint64_t index_;
    std::vector<keys::Entry>& entries_;
    bool began_ = false;            ///< the outermost object has
    std::vector<Node> nodes_;       ///< those that are open
    std::size_t count_ = 0;         ///< of all nodes
    Member member_ = Member::other; ///< whose value is being read
    unsigned seen_ = 0;             ///< the bits of the answer's own members
};

} // namespace

bool parse_tree(std::string_view root, std::uint64_t index, std::string_view json,
                std::vector<keys::Entry>& entries) {
    TreeHandler handler(root, index, entries);
    return nlohmann::json::sax_parse(json, &handler) && handler.is_whole();
}

} // namespace hitless::etcd::v2
