#pragma once

#include <spdlog/common.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hitless::base {

/// Something that happened, with its facts: a message of the log whose JSON form has them as
/// members. As text it is "NAME field=value …", or its sentence.
class Event {
  public:
    using Value = std::variant<std::string, std::int64_t, double, std::vector<std::string>>;
    struct Field {
        std::string name; ///< of the JSON member
        Value value;
    };

    /// `name` is the member "event".
    explicit Event(std::string_view name) : name_(name) {}

    Event& with(std::string_view field, std::string_view value);
    Event& with(std::string_view field, std::int64_t value);
    /// Several texts: a JSON array, joined by semicolons in the text.
    Event& with(std::string_view field, std::vector<std::string> values);
    /// "took_ms" in JSON, "took=1.8ms" in the text.
    Event& took(std::chrono::duration<double, std::milli> time);
    /// The message for people, instead of "NAME field=value …".
    Event& says(std::string sentence);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
    [[nodiscard]] std::string text() const;

  private:
    std::string name_;
    std::string sentence_;
    std::vector<Field> fields_;
};

/// Sends the event to spdlog's default logger.
void log(spdlog::level::level_enum level, const Event& event);

/// The event that log() is sending, for the formatter that makes JSON of it; nullptr for any other
/// message.
[[nodiscard]] const Event* event_in_hand();

} // namespace hitless::base
