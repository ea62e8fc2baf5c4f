#pragma once

#include "confd/binding.hpp"

#include <array>

namespace hitless::confd {

/// What `get` and `gets` return.
class KeyPair : public Object {
  public:
    /// `source`: both are made from it.
    KeyPair(std::string_view key, std::string_view value, const gotemplate::Trace& source = {})
        : fields_{{{"Key", Value(key, source)}, {"Value", Value(value, source)}}} {}

    [[nodiscard]] const std::string& key() const { return *fields_[0].value.as<std::string>(); }

    [[nodiscard]] const std::string& value() const { return *fields_[1].value.as<std::string>(); }

    [[nodiscard]] const gotemplate::Trace& trace() const { return fields_[0].value.trace(); }

    [[nodiscard]] std::string type_name() const override { return "memkv.KVPair"; }
    [[nodiscard]] std::optional<Result<Value>>
    member(std::string_view name, std::span<const Value> arguments) const override;
    [[nodiscard]] std::string print() const override {
        return fmt::format("{{{} {}}}", key(), value());
    }
    [[nodiscard]] std::span<const gotemplate::Field> fields() const override { return fields_; }

  private:
    std::array<gotemplate::Field, 2> fields_;
};

/// A field's value, or the error of who passes arguments to it.
Result<Value> field(std::string_view name, std::span<const Value> arguments, Value value);

} // namespace hitless::confd
