#include "ctl/told.hpp"

#include "hitless/base/text.hpp"

#include "base/run_to_end.hpp"
#include "http/get.hpp"

#include <algorithm>
#include <ctime>

namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

// Far more than /status of 100,000 servers has.
constexpr int deepest = 32;
constexpr std::size_t most_values = 5'000'000;

const Json no_value;

bool is_kept(const Json& haproxy) {
    return is_true(haproxy, "connected") && is_true(haproxy, "in_step");
}

bool is_as_wanted(const Json& resource) {
    return !is_true(member(resource, "reload"), "owed") && member(resource, "held").is_null() &&
           !has_text(resource, "check_refused") && told_list(resource, "left_out").empty() &&
           told_list(resource, "troubles").empty() &&
           std::ranges::all_of(told_list(resource, "haproxies"), is_kept);
}

/// HAProxy is as it is wanted: at most its file is on its way, since a check takes its time.
bool only_file_follows(const Json& resource) {
    return is_true(resource, "in_step") || (member(resource, "publishing").is_object() &&
                                            !told_list(resource, "haproxies").empty());
}

} // namespace

const Json& member(const Json& object, const char* name) {
    if (!object.is_object())
        return no_value;
    const auto found = object.find(name);
    return found == object.end() ? no_value : *found;
}

bool has_text(const Json& object, const char* name) {
    return !told_text(object, name).empty();
}

std::string told_text(const Json& object, const char* name) {
    const Json& value = member(object, name);
    return value.is_string() ? value.get<std::string>() : std::string();
}

long long told_number(const Json& object, const char* name) {
    const Json& value = member(object, name);
    return value.is_number_integer() ? value.get<long long>() : 0;
}

bool is_true(const Json& object, const char* name) {
    const Json& value = member(object, name);
    return value.is_boolean() && value.get<bool>();
}

const Json& told_list(const Json& object, const char* name) {
    static const Json empty = Json::array();
    const Json& value = member(object, name);
    return value.is_array() ? value : empty;
}

std::optional<ToldTime> told_time(const Json& object, const char* name) {
    std::tm parts{};
    const std::string text = told_text(object, name);
    if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr)
        return std::nullopt;
    return ToldTime(std::chrono::seconds(::timegm(&parts)));
}

bool tells_in_step(const Json& status) {
    const Json& resources = told_list(status, "resources");
    const std::string state = told_text(status, "state");
    const bool is_done = state == "in_step" ||
                         (state == "working" && std::ranges::all_of(resources, only_file_follows));
    return is_done && is_true(member(status, "registry"), "connected") &&
           std::ranges::all_of(resources, is_as_wanted);
}

bool tells_file_follows(const Json& status) {
    return tells_in_step(status) && told_text(status, "state") != "in_step";
}

Result<Json> parse_told(const std::string& text) {
    std::size_t values = 0;
    bool is_too_large = false;
    const auto take = [&](int depth, Json::parse_event_t, Json&) {
        is_too_large = is_too_large || depth > deepest || ++values > most_values;
        return !is_too_large;
    };
    Json status = Json::parse(text, take, false);
    if (is_too_large)
        return fail("it is too large, or too deep");
    if (!status.is_object() || told_text(status, "program") != "hitlessd")
        return fail("it is not what hitlessd tells");
    if (told_number(status, "format") != 1)
        return fail("another build of hitlessd wrote it; use its hitlessctl");
    return Result<Json>(std::move(status));
}

Result<Json> ask_hitlessd(const std::string& address, std::chrono::milliseconds limit) {
    const auto parsed = http::parse_address(address);
    if (!parsed)
        return parsed.error();
    http::GetLimits limits;
    limits.time = limit;
    auto answer = base::run_to_end(http::get(*parsed, "/status", limits));
    if (!answer)
        return fail("{}: perhaps hitlessd does not run. It tells what it does only where it is "
                    "started with -http (as in hitlessd -http {}); name that address with -http",
                    answer.error().message, usual_http);
    if (answer->status != 200)
        return fail("{} answers /status with the status {}{}", parsed->text, answer->status,
                    answer->status == 503 ? ": it is busy, try again" : "; is it hitlessd?");
    auto status = parse_told(answer->body);
    if (!status)
        return fail("the answer of {} can't be used: {}", parsed->text, status.error().message);
    return status;
}

} // namespace hitless::ctl
