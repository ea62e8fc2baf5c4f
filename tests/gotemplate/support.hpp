#pragma once

#include "hitless/gotemplate/template.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

/// Data and functions for the tests of templates.
namespace hitless::gotemplate::test {

/// Looks like memkv.KVPair: a plain struct.
class Pair : public Object {
  public:
    Pair(std::string key, std::string value)
        : fields_{{{"Key", Value(std::move(key))}, {"Value", Value(std::move(value))}}} {}
    [[nodiscard]] std::string type_name() const override { return "memkv.KVPair"; }
    [[nodiscard]] std::optional<Result<Value>> member(std::string_view,
                                                      std::span<const Value>) const override {
        return std::nullopt;
    }
    [[nodiscard]] std::string print() const override { return "unused"; }
    [[nodiscard]] std::span<const Field> fields() const override { return fields_; }

  private:
    std::array<Field, 2> fields_;
};

/// A type with methods and its own way to print, as Go's time.Time.
class Greeter : public Object {
  public:
    [[nodiscard]] std::string type_name() const override { return "test.Greeter"; }
    [[nodiscard]] std::optional<Result<Value>>
    member(std::string_view name, std::span<const Value> arguments) const override {
        if (name == "Fail")
            return Result<Value>(Error{"no luck"});
        if (name != "Greet")
            return std::nullopt;
        std::string text = "hello";
        for (const Value& argument : arguments)
            text += " " + (argument.as<std::string>() ? *argument.as<std::string>() : "?");
        return Result<Value>(Value(text));
    }
    [[nodiscard]] std::string print() const override { return "a greeter"; }
};

inline Value pair(std::string key, std::string value) {
    return Value(std::make_shared<const Pair>(std::move(key), std::move(value)));
}

inline Value data() {
    return Value(Map{
        {"str", "abc"},
        {"empty", ""},
        {"int", 7},
        {"float", 8080.0},
        {"big", 1e6},
        {"yes", true},
        {"no", false},
        {"null", Value()},
        {"list", List{"a", "b", "c"}},
        {"none", List{}},
        {"mixed", List{1, "x", 2.5, Value(), true, List{}, Map{}}},
        {"map", Map{{"b", 2}, {"a", 1}, {"sub", Map{{"deep", "down"}}}}},
        {"pair", pair("/app/a", "10.0.0.1:80")},
        {"pairs", List{pair("/k/a", "1"), pair("/k/b", "2")}},
        {"greeter", Value(std::make_shared<const Greeter>())},
    });
}

inline Functions functions() {
    return {
        {"echo",
         [](std::span<const Value> arguments) -> Result<Value> {
             return arguments.empty() ? Value() : arguments.front();
         }},
        {"join",
         [](std::span<const Value> arguments) -> Result<Value> {
             std::string text;
             for (const Value& argument : arguments)
                 text += (argument.as<std::string>() ? *argument.as<std::string>() : "?") + ";";
             return Value(text);
         }},
        {"count",
         [](std::span<const Value> arguments) -> Result<Value> {
             return Value(static_cast<std::int64_t>(arguments.size()));
         }},
        {"refuse", [](std::span<const Value>) -> Result<Value> { return Error{"refused"}; }},
    };
}

/// The output, or the error's message.
inline std::string render(std::string_view text, const Value& value = data()) {
    const auto parsed = Template::parse("t", text, functions());
    if (!parsed)
        return parsed.error().message;
    const auto output = parsed->execute(value);
    return output ? *output : output.error().message;
}

} // namespace hitless::gotemplate::test
