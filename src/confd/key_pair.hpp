#pragma once

#include "confd/binding.hpp"

namespace hitless::confd {

/// What `get` and `gets` return.
class KeyPair : public Object {
  public:
    KeyPair(std::string key, std::string value) : key_(std::move(key)), value_(std::move(value)) {}

    [[nodiscard]] const std::string& key() const { return key_; }

    [[nodiscard]] std::string type_name() const override { return "memkv.KVPair"; }
    [[nodiscard]] std::optional<Result<Value>>
    member(std::string_view name, std::span<const Value> arguments) const override;
    [[nodiscard]] std::string print() const override {
        return fmt::format("{{{} {}}}", key_, value_);
    }

  private:
    std::string key_;
    std::string value_;
};

/// A field's value, or the error of who passes arguments to it.
Result<Value> field(std::string_view name, std::span<const Value> arguments, Value value);

} // namespace hitless::confd
