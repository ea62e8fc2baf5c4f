#include "confd/date_time.hpp"

#include "confd/key_pair.hpp"

#include <algorithm>

namespace hitless::confd {
namespace {

/// What time.Time.String prints, but for the reading of the monotonic clock.
constexpr std::string_view default_layout = "2006-01-02 15:04:05.999999999 -0700 MST";

/// A month or a day of the week: prints its name.
class Named : public Object {
  public:
    Named(std::string type, std::string name) : type_(std::move(type)), name_(std::move(name)) {}
    [[nodiscard]] std::string type_name() const override { return type_; }
    [[nodiscard]] std::string print() const override { return name_; }
    [[nodiscard]] std::optional<Result<Value>>
    member(std::string_view name, std::span<const Value> arguments) const override {
        if (name == "String")
            return field(name, arguments, name_);
        return std::nullopt;
    }

  private:
    std::string type_;
    std::string name_;
};

Value named(std::string type, std::string name) {
    return Value(Value::ObjectPtr(std::make_shared<const Named>(std::move(type), std::move(name))));
}

/// A method of time.Time without parameters.
struct Method {
    std::string_view name;
    Value (*call)(const Moment& moment);
};

const Method methods[] = {
    {"Year", [](const Moment& m) { return Value(m.clock.tm_year + 1900); }},
    {"Month", [](const Moment& m) { return named("time.Month", format_time(m, "January")); }},
    {"Day", [](const Moment& m) { return Value(m.clock.tm_mday); }},
    {"Hour", [](const Moment& m) { return Value(m.clock.tm_hour); }},
    {"Minute", [](const Moment& m) { return Value(m.clock.tm_min); }},
    {"Second", [](const Moment& m) { return Value(m.clock.tm_sec); }},
    {"Nanosecond", [](const Moment& m) { return Value(m.nanoseconds); }},
    {"YearDay", [](const Moment& m) { return Value(m.clock.tm_yday + 1); }},
    {"Weekday", [](const Moment& m) { return named("time.Weekday", format_time(m, "Monday")); }},
    {"Unix", [](const Moment& m) { return Value(m.seconds); }},
    {"UnixMilli",
     [](const Moment& m) { return Value(m.seconds * 1'000 + m.nanoseconds / 1'000'000); }},
    {"UnixMicro",
     [](const Moment& m) { return Value(m.seconds * 1'000'000 + m.nanoseconds / 1'000); }},
    {"UnixNano", [](const Moment& m) { return Value(m.seconds * 1'000'000'000 + m.nanoseconds); }},
    {"IsZero", [](const Moment&) { return Value(false); }},
    {"String", [](const Moment& m) { return Value(format_time(m, default_layout)); }},
    {"UTC",
     [](const Moment& m) {
         return make_date_time(make_moment(m.seconds, m.nanoseconds, Zone::utc));
     }},
    {"Local",
     [](const Moment& m) {
         return make_date_time(make_moment(m.seconds, m.nanoseconds, Zone::local));
     }},
};

class DateTime : public Object {
  public:
    explicit DateTime(Moment moment) : moment_(std::move(moment)) {}
    [[nodiscard]] std::string type_name() const override { return "time.Time"; }
    [[nodiscard]] std::string print() const override {
        return format_time(moment_, default_layout);
    }
    [[nodiscard]] std::optional<Result<Value>>
    member(std::string_view name, std::span<const Value> arguments) const override {
        if (name == "Format")
            return make_function([this](const std::string& layout) {
                return format_time(moment_, layout);
            })(arguments);
        const auto* const method = std::ranges::find(methods, name, &Method::name);
        if (method == std::end(methods))
            return std::nullopt;
        if (!arguments.empty())
            return wrong_count(0, false, arguments.size());
        return method->call(moment_);
    }

  private:
    Moment moment_;
};

} // namespace

Moment make_moment(std::int64_t seconds, std::int64_t nanoseconds, Zone zone) {
    Moment moment{seconds, nanoseconds, {}, 0, "UTC"};
    const std::time_t time = seconds;
    if (zone == Zone::utc) {
        ::gmtime_r(&time, &moment.clock);
    } else {
        ::localtime_r(&time, &moment.clock);
        moment.offset = moment.clock.tm_gmtoff;
        moment.zone = moment.clock.tm_zone;
    }
    return moment;
}

Value make_date_time(Moment moment) {
    return Value(Value::ObjectPtr(std::make_shared<const DateTime>(std::move(moment))));
}

} // namespace hitless::confd
