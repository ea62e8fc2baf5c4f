#include "monitor/changes.hpp"

#include <charconv>
#include <utility>

namespace hitless::monitor {
namespace {

void write_texts(Json& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).begin_array();
    for (const std::string& text : texts)
        json.value(text);
    json.end_array();
}

std::uint64_t milliseconds_of(Time time) {
    using namespace std::chrono;
    return static_cast<std::uint64_t>(duration_cast<milliseconds>(time.time_since_epoch()).count());
}

void write_phases(Json& json, const Change::Phases& phases) {
    json.key("phases_ms").begin_object().member("render", phases.render);
    json.member("plan", phases.plan).member("commands", phases.commands);
    json.member("read_back", phases.read_back).member("file", phases.file).end_object();
}

} // namespace

std::string phases_event(std::span<const Change* const> changes) {
    std::string text;
    Json json(text);
    json.begin_object().key("changes").begin_array();
    for (const Change* const change : changes) {
        json.begin_object().member("id", change->id);
        write_phases(json, change->phases_ms);
        json.end_object();
    }
    json.end_array().end_object();
    return text;
}

std::string to_json(const Change& change) {
    std::string text;
    Json json(text);
    json.begin_object().member("id", change.id).member("time", change.time);
    json.member("resource", change.resource).member_or_null("haproxy", change.haproxy);
    json.key("object").begin_object().member("kind", change.kind).member("scope", change.scope);
    json.member("name", change.name).end_object();
    json.member("action", change.action).member("detail", change.detail);
    write_texts(json, "keys", change.keys);
    write_texts(json, "commands", change.commands);
    json.member("result", change.result).member_or_null("message", change.message);
    write_phases(json, change.phases_ms);
    json.member("total_ms", change.total_ms).end_object();
    return text;
}

Changes::Changes(Time start) : first_(milliseconds_of(start)), next_(first_) {}

std::uint64_t Changes::add(Change change) {
    change.id = next_++;
    changes_.push_back(std::move(change));
    if (changes_.size() > most)
        changes_.pop_front();
    if (listener_)
        listener_(changes_.back());
    return changes_.back().id;
}

void Changes::amend(std::span<const std::uint64_t> ids, const std::function<void(Change&)>& how) {
    const std::uint64_t oldest = next_ - changes_.size();
    std::vector<const Change*> amended;
    for (const std::uint64_t id : ids) {
        if (id < oldest || id >= next_)
            continue;
        Change& change = changes_[id - oldest];
        how(change);
        amended.push_back(&change);
    }
    if (amended_ && !amended.empty())
        amended_(amended);
}

Changes::Missed Changes::after(std::string_view id) const {
    Missed missed;
    if (id.empty())
        return missed;
    std::uint64_t known = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), known);
    const bool is_number = error == std::errc() && end == id.data() + id.size();
    const std::uint64_t oldest = next_ - changes_.size();
    // One before the first: all are known that were before this process.
    const bool is_ours = is_number && known + 1 >= first_ && known < next_;
    missed.is_gap = !is_ours || known + 1 < oldest;
    for (const Change& change : changes_) {
        if (missed.is_gap || change.id > known)
            missed.changes.push_back(&change);
    }
    return missed;
}

} // namespace hitless::monitor
