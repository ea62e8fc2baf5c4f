#include "etcd/json.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hitless::etcd {
namespace {

using nlohmann::json;

/// Called by the parser, in the order of the text. Every function returns false at what is beyond a
/// bound, which ends the parsing.
class Builder : public nlohmann::json_sax<json> {
  public:
    [[nodiscard]] json& document() { return document_; }

    bool null() override { return add(nullptr) != nullptr; }
    bool boolean(bool value) override { return add(value) != nullptr; }
    bool number_integer(number_integer_t value) override { return add(value) != nullptr; }
    bool number_unsigned(number_unsigned_t value) override { return add(value) != nullptr; }
    bool number_float(number_float_t value, const string_t&) override {
        return add(value) != nullptr;
    }
    bool string(string_t& text) override { return add(std::move(text)) != nullptr; }
    bool binary(binary_t&) override { return false; }

    bool key(string_t& name) override {
        member_ = std::move(name);
        return true;
    }
    bool start_object(std::size_t) override { return open(json::value_t::object); }
    bool start_array(std::size_t) override { return open(json::value_t::array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

  private:
    /// Where it is from now on; nullptr when it may not be there.
    json* add(json value) {
        if (++values_ > most_json_values)
            return nullptr;
        if (open_.empty())
            return &(document_ = std::move(value));
        json& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        const auto [place, is_new] = parent.emplace(std::move(member_), std::move(value));
        return is_new ? &*place : nullptr;
    }

    bool open(json::value_t kind) {
        if (open_.size() == deepest_json)
            return false;
        json* const added = add(json(kind));
        if (added != nullptr)
            open_.push_back(added);
        return added != nullptr;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    json document_;
    std::vector<json*> open_; ///< the objects and lists that haven't ended, from the outermost on
    std::string member_;      ///< whose value comes
    std::size_t values_ = 0;
};

} // namespace

json parse_json(std::string_view text) {
    Builder builder;
    if (!json::sax_parse(text, &builder))
        return json::value_t::discarded;
    return std::move(builder.document());
}

const nlohmann::json& member(const nlohmann::json& object, const char* name) {
    static const nlohmann::json none;
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() ? *found : none;
}

std::string text_of(const nlohmann::json& object, const char* name) {
    const nlohmann::json& value = member(object, name);
    return value.is_string() ? value.get<std::string>() : "";
}

} // namespace hitless::etcd
