#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hitless::telemetry {

using Time = std::chrono::system_clock::time_point;

/// "2026-01-02T03:04:05.678Z"
[[nodiscard]] std::string iso_time(Time time);

/// Writes JSON from front to back, without a tree of it: a fleet of thousands of servers is written
/// every few seconds. Bytes that aren't UTF-8 become U+FFFD.
class Json {
  public:
    explicit Json(std::string& text) : text_(text) {}

    Json& begin_object() { return begin('{'); }
    Json& end_object() { return end('}'); }
    Json& begin_array() { return begin('['); }
    Json& end_array() { return end(']'); }
    /// The name of the next value.
    Json& key(std::string_view name);

    Json& value(std::string_view text);
    Json& value(const std::string& text) { return value(std::string_view(text)); }
    Json& value(const char* text) { return value(std::string_view(text)); }
    Json& value(bool is);
    Json& value(std::int64_t number);
    Json& value(std::uint64_t number);
    Json& value(int number) { return value(std::int64_t(number)); }
    Json& value(double number); ///< with three digits behind the point at most
    Json& value(Time time) { return value(iso_time(time)); }
    Json& null();
    template <class T>
    Json& value(const std::optional<T>& maybe) {
        return maybe ? value(*maybe) : null();
    }
    /// JSON that is written already.
    Json& raw(std::string_view json);

    template <class T>
    Json& member(std::string_view name, const T& of) {
        return key(name).value(of);
    }
    /// An empty text is null.
    Json& member_or_null(std::string_view name, std::string_view text) {
        return text.empty() ? key(name).null() : key(name).value(text);
    }

  private:
    Json& begin(char bracket);
    Json& end(char bracket);
    void separate();

    std::string& text_;
    bool comma_ = false; ///< the next value or name needs one before it
};

} // namespace hitless::telemetry
