#include "telemetry/json.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace hitless::telemetry {
namespace {

void append_escaped(std::string& text, std::string_view value) {
    const bool is_utf8 = base::is_utf8(value);
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            text.append({'\\', c});
        else if (c == '\n')
            text += "\\n";
        else if (byte < 0x20 || byte == 0x7f)
            text += fmt::format("\\u{:04x}", unsigned(byte));
        else if (byte >= 0x80 && !is_utf8)
            text += "\\ufffd";
        else
            text += c;
    }
}

} // namespace

std::string iso_time(Time time) {
    using namespace std::chrono;
    const auto since = duration_cast<milliseconds>(time.time_since_epoch()).count();
    const std::int64_t part = ((since % 1000) + 1000) % 1000;
    const std::time_t whole = (since - part) / 1000;
    std::tm parts{};
    ::gmtime_r(&whole, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       part);
}

void Json::separate() {
    if (comma_)
        text_ += ',';
    comma_ = true;
}

Json& Json::begin(char bracket) {
    separate();
    text_ += bracket;
    comma_ = false;
    return *this;
}

Json& Json::end(char bracket) {
    text_ += bracket;
    comma_ = true;
    return *this;
}

Json& Json::key(std::string_view name) {
    separate();
    text_.append("\"").append(name).append("\":");
    comma_ = false;
    return *this;
}

Json& Json::value(std::string_view text) {
    separate();
    text_ += '"';
    append_escaped(text_, text);
    text_ += '"';
    return *this;
}

Json& Json::value(bool is) {
    return raw(is ? "true" : "false");
}

Json& Json::value(std::int64_t number) {
    return raw(fmt::format_int(number).c_str());
}

Json& Json::value(std::uint64_t number) {
    return raw(fmt::format_int(number).c_str());
}

Json& Json::value(double number) {
    if (!std::isfinite(number))
        return null();
    return raw(fmt::format("{}", std::round(number * 1000) / 1000));
}

Json& Json::null() {
    return raw("null");
}

Json& Json::raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
}

} // namespace hitless::telemetry
