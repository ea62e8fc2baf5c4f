#include "hitless/apply/holds.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "base/file_descriptor.hpp"
#include "base/note_format.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/file.h>
#include <thread>
#include <utility>

namespace hitless::apply {
namespace {

using Json = nlohmann::ordered_json;
using Kind = plan::ManualState::Kind;

constexpr int most_weight = 256;

std::int64_t seconds(ManualHold::Clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::optional<plan::ManualState> state_of(const Json& hold) {
    const std::string state = hold.value("state", "");
    if (state == "drain" || state == "maint")
        return plan::ManualState{state == "drain" ? Kind::drain : Kind::maint, 0};
    const int weight = hold.value("weight", -1);
    if (state != "weight" || weight < 0 || weight > most_weight)
        return std::nullopt;
    return plan::ManualState{Kind::weight, weight};
}

/// May throw on a member of another type.
std::optional<ManualHold> hold_of(const Json& hold) {
    constexpr std::int64_t last_second = 8'000'000'000; // the clock counts to the year 2262
    const auto state = state_of(hold);
    const auto since = hold.value("since", std::int64_t{-1});
    const auto until = hold.value("until", std::int64_t{-1});
    if (!state || since < 0 || until < 0 || since > last_second || until > last_second)
        return std::nullopt;
    ManualHold made{{hold.value("backend", ""), hold.value("server", "")},
                    *state,
                    ManualHold::Clock::time_point(std::chrono::seconds(since)),
                    ManualHold::Clock::time_point(std::chrono::seconds(until)),
                    hold.value("because", ""),
                    hold.value("by", "")};
    if (made.server.backend.empty() || made.server.server.empty())
        return std::nullopt;
    return made;
}

/// Nobody else changes the holds beside dest until this is closed. Whoever may read the directory
/// can keep it locked, so that we don't wait for ever.
Result<base::FileDescriptor> lock_directory(const std::string& dest,
                                            std::chrono::milliseconds patience) {
    const auto parent = std::filesystem::path(dest).parent_path();
    const std::string directory = parent.empty() ? "." : parent.string();
    base::FileDescriptor file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!file.is_open())
        return base::system_error("can't open " + directory);
    const auto limit = std::chrono::steady_clock::now() + patience;
    // Where there are no locks, the last one wins.
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        if (std::chrono::steady_clock::now() >= limit)
            return fail("the holds beside {} can't be changed, since another program keeps {} "
                        "locked; lslocks shows which one: end it, and try again",
                        dest, directory);
        constexpr std::chrono::milliseconds pause{10};
        std::this_thread::sleep_for(pause);
    }
    return file;
}

} // namespace

std::string holds_path(const std::string& dest) {
    return base::companion_path(dest, "holds.json");
}

Result<std::vector<ManualHold>> parse_holds(std::string_view text) {
    // An object with a list of objects of texts and numbers: whoever writes deeper ones must not be
    // printed either.
    constexpr int deepest = 3;
    bool is_deep = false;
    const Json parsed = Json::parse(
        text,
        [&](int depth, Json::parse_event_t, const Json&) {
            is_deep = is_deep || depth > deepest;
            return !is_deep;
        },
        false);
    if (!is_deep && parsed.is_object()) {
        if (const auto known = base::expect_no_newer_build(base::note_format_of(parsed)); !known)
            return known.error();
    }
    const Json list = parsed.is_object() ? parsed.value("holds", Json()) : parsed;
    if (is_deep || !list.is_array())
        return fail("it is no list of holds in JSON");
    std::map<plan::ServerId, ManualHold> holds;
    for (const Json& one : list) {
        std::optional<ManualHold> hold;
        try {
            hold = one.is_object() ? hold_of(one) : std::nullopt;
        } catch (const Json::type_error&) {
            hold.reset();
        }
        if (!hold)
            return fail(
                "this is no hold: {}",
                base::printable(one.dump(-1, ' ', true, Json::error_handler_t::replace), 200));
        const plan::ServerId server = hold->server;
        holds.insert_or_assign(server, std::move(*hold));
    }
    std::vector<ManualHold> all;
    all.reserve(holds.size());
    for (auto& [server, hold] : holds)
        all.push_back(std::move(hold));
    return all;
}

std::string to_text(const std::vector<ManualHold>& holds) {
    Json all = Json::array();
    for (const ManualHold& hold : holds) {
        Json one = {{"backend", hold.server.backend}, {"server", hold.server.server}};
        one["state"] = hold.state.kind == Kind::drain   ? "drain"
                       : hold.state.kind == Kind::maint ? "maint"
                                                        : "weight";
        if (hold.state.kind == Kind::weight)
            one["weight"] = hold.state.weight;
        one["since"] = seconds(hold.since);
        one["until"] = seconds(hold.until);
        one["because"] = hold.because;
        one["by"] = hold.by;
        all.push_back(std::move(one));
    }
    const Json note = {{base::note_format_name, base::note_format}, {"holds", std::move(all)}};
    return note.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::vector<ManualHold>> read_holds(const std::string& dest,
                                           ManualHold::Clock::time_point now) {
    const auto text = base::read_note(holds_path(dest), base::most_of_note);
    if (!text)
        return text.error();
    if (!*text)
        return std::vector<ManualHold>();
    auto holds = parse_holds(**text);
    if (!holds)
        return fail("{}: {}; mend it, or delete the file, which lifts all holds", holds_path(dest),
                    holds.error().message);
    std::erase_if(*holds, [&](const ManualHold& hold) { return hold.until <= now; });
    return holds;
}

Result<void> change_holds(const std::string& dest,
                          const std::function<void(std::vector<ManualHold>&)>& change,
                          std::chrono::milliseconds patience) {
    const auto locked = lock_directory(dest, patience);
    if (!locked)
        return locked.error();
    // A hitlessd that does not run now has to end what is over meanwhile.
    auto holds = read_holds(dest, ManualHold::Clock::now() - std::chrono::hours(24));
    if (!holds)
        return holds.error();
    const auto before = *holds;
    change(*holds);
    if (*holds == before)
        return {};
    auto staged = base::StagedFile::create(holds_path(dest), to_text(*holds), {0644, {}, {}});
    return staged ? staged->commit() : staged.error();
}

std::string to_string(const plan::ManualState& state) {
    switch (state.kind) {
    case Kind::drain:
        return "drain";
    case Kind::maint:
        return "maint";
    case Kind::weight:
        return fmt::format("weight {}", state.weight);
    case Kind::released:
        break;
    }
    return "released";
}

std::string describe(const ManualHold& hold) {
    const std::string because =
        hold.because.empty() ? std::string() : fmt::format(": {}", base::printable(hold.because));
    return fmt::format("{} until {:%Y-%m-%d %H:%M:%S} UTC, by {}{}", to_string(hold.state),
                       fmt::gmtime(ManualHold::Clock::to_time_t(hold.until)),
                       base::printable(hold.by), because);
}

plan::ManualStates states_of(const std::vector<ManualHold>& holds) {
    plan::ManualStates states;
    for (const ManualHold& hold : holds)
        states.insert_or_assign(hold.server, hold.state);
    return states;
}

} // namespace hitless::apply
