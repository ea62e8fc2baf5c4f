#include "confd/json.hpp"

#include "hitless/base/text.hpp"

#include "confd/key_pair.hpp"
#include "gotemplate/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace hitless::confd {
namespace {

/// Deep values would overflow the stack where they are printed or freed.
constexpr std::size_t deepest_json = 1'000;

/// Builds a Value from the parser's events.
class Builder : public nlohmann::json_sax<nlohmann::json> {
  public:
    /// `trace`: of all values.
    explicit Builder(gotemplate::Trace trace) : trace_(std::move(trace)) {}

    bool null() override { return add({}); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override {
        // Only what has a minus comes here: -0 is a number of its own, in Go too.
        return add(value == 0 ? -0.0 : static_cast<double>(value));
    }
    bool number_unsigned(number_unsigned_t value) override {
        return add(static_cast<double>(value));
    }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return start(true); }
    bool key(string_t& value) override {
        levels_.back().key = std::move(value);
        return true;
    }
    bool end_object() override { return end(); }
    bool start_array(std::size_t) override { return start(false); }
    bool end_array() override { return end(); }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& exception) override {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: WHAT"
        std::string_view what = exception.what();
        what.remove_prefix(std::min(what.size(), what.find("] ") + 2));
        if (const auto colon = what.find(": "); what.starts_with("parse error at"))
            what.remove_prefix(std::min(what.size(), colon + 2));
        error = fail("invalid JSON at byte {}: {}", position, what);
        return false;
    }

    Value result;
    Error error;

  private:
    struct Level {
        bool is_object = false;
        List list;
        Map map;
        std::string key;
    };

    bool add(Value value) {
        value.set_trace(trace_);
        if (levels_.empty())
            result = std::move(value);
        else if (levels_.back().is_object)
            levels_.back().map.insert_or_assign(std::move(levels_.back().key), std::move(value));
        else
            levels_.back().list.push_back(std::move(value));
        return true;
    }

    bool start(bool is_object) {
        if (levels_.size() == deepest_json) {
            error = fail("JSON of more than {} levels", deepest_json);
            return false;
        }
        levels_.push_back({is_object, {}, {}, {}});
        return true;
    }

    bool end() {
        Level level = std::move(levels_.back());
        levels_.pop_back();
        return level.is_object ? add(std::move(level.map)) : add(std::move(level.list));
    }

    gotemplate::Trace trace_;
    std::vector<Level> levels_;
};

/// `text` with U+FFFD for each byte that isn't UTF-8, as Go reads it.
std::string make_utf8(std::string_view text) {
    std::string clean;
    for (std::size_t size = 0; !text.empty(); text.remove_prefix(size)) {
        const auto rune = gotemplate::decode_rune(text);
        gotemplate::append_rune(clean, rune.value);
        size = rune.size;
    }
    return clean;
}

/// A double as encoding/json writes it: like JavaScript.
void append_number(std::string& out, double number) {
    const double size = std::abs(number);
    const bool is_plain = size == 0 || (size >= 1e-6 && size < 1e21);
    std::array<char, 64> buffer{};
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                      is_plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string text(buffer.data(), end);
    // e-7, not e-07.
    if (const auto at = text.find("e-0"); at != std::string::npos)
        text.erase(at + 2, 1);
    out += text;
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t size = 0; !text.empty(); text.remove_prefix(size)) {
        const auto rune = gotemplate::decode_rune(text);
        size = rune.size;
        const auto c = rune.value;
        if (c == '"' || c == '\\')
            out += {'\\', static_cast<char>(c)};
        else if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029 ||
                 (c == gotemplate::bad_rune && size == 1))
            out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c));
        else
            out += text.substr(0, size);
    }
    out += '"';
}

class Writer {
  public:
    explicit Writer(JsonStyle style) : style_(style) {}

    Result<void> append(const Value& value) {
        if (value.is_nil())
            text += "null";
        else if (const auto* const boolean = value.as<bool>())
            text += *boolean ? "true" : "false";
        else if (const auto* const integer = value.as<std::int64_t>())
            text += std::to_string(*integer);
        else if (const auto* const number = value.as<double>())
            return append_double(*number);
        else if (const auto* const string = value.as<std::string>())
            append_string(text, *string);
        else if (const auto* const list = value.as<Value::ListPtr>())
            return append_list(**list);
        else if (const auto* const map = value.as<Value::MapPtr>())
            return append_map(**map);
        else
            return append_object(**value.as<Value::ObjectPtr>());
        return check_size(1, text.size());
    }

    std::string text;

  private:
    Result<void> append_double(double number) {
        if (!std::isfinite(number))
            return Error{"json: unsupported value: not a finite number"};
        append_number(text, number);
        return {};
    }

    Result<void> append_list(const List& list) {
        return append_all('[', ']', list, [this](const Value& element) { return append(element); });
    }

    Result<void> append_map(const Map& map) {
        return append_all('{', '}', map, [this](const auto& entry) {
            append_string(text, entry.first);
            text += style_ == JsonStyle::indented ? ": " : ":";
            return append(entry.second);
        });
    }

    Result<void> append_object(const Object& object) {
        if (object.type_name() != "memkv.KVPair") {
            append_string(text, object.print());
            return {};
        }
        return append_map(Map{{"Key", object.member("Key", {})->value()},
                              {"Value", object.member("Value", {})->value()}});
    }

    template <class Elements, class F>
    Result<void> append_all(char open, char close, const Elements& elements, F append_one) {
        if (++depth_ > deepest_json)
            return fail("JSON of more than {} levels", deepest_json);
        text += open;
        bool is_first = true;
        for (const auto& element : elements) {
            if (!std::exchange(is_first, false))
                text += ',';
            begin_line();
            if (auto appended = append_one(element); !appended)
                return appended;
        }
        --depth_;
        if (!is_first)
            begin_line();
        text += close;
        return {};
    }

    void begin_line() {
        if (style_ == JsonStyle::indented)
            text += '\n' + std::string(2 * depth_, ' ');
    }

    JsonStyle style_;
    std::size_t depth_ = 0;
};

} // namespace

Result<Value> parse_json(String string) {
    const std::string& text = string.text();
    Builder builder(string.value.trace().whole());
    const bool is_good = base::is_utf8(text) ? nlohmann::json::sax_parse(text, &builder)
                                             : nlohmann::json::sax_parse(make_utf8(text), &builder);
    if (!is_good)
        return builder.error;
    return std::move(builder.result);
}

Result<std::string> write_json(const Value& value, JsonStyle style) {
    Writer writer(style);
    if (auto written = writer.append(value); !written)
        return written.error();
    return std::move(writer.text);
}

std::string_view json_type(const Value& value) {
    if (value.as<bool>() != nullptr)
        return "bool";
    if (value.as<double>() != nullptr)
        return "number";
    if (value.as<std::string>() != nullptr)
        return "string";
    return value.as<Value::ListPtr>() != nullptr ? "array" : "object";
}

} // namespace hitless::confd
