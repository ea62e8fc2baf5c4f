// The part of Host that remembers our keys for a later run.
#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "base/off_the_loop.hpp"
#include "registration/docker/host.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace hitless::registration::docker {

namespace asio = boost::asio;

Result<void> Host::load_note() {
    const std::string& path = options_.docker.note;
    if (path.empty())
        return {};
    // Its keys would be removed here, as keys of containers that have gone.
    if (const auto held = base::is_held(path); held && *held)
        return fail("--docker-note {}: another hitless-register uses it; each needs a note of its "
                    "own",
                    base::printable(path));
    auto note = read_note(path);
    dirty_ = true; // that others see that it is in use
    if (!note) {
        spdlog::warn("--docker-note: {}; the keys of an earlier run are left to their TTL",
                     note.error().message);
        return {};
    }
    former_ = std::move(note->keys);
    for (const auto& [id, started_at] : note->ending) {
        entries_[id].ending = true;
        entries_[id].started_at = started_at;
    }
    return {};
}

void Host::hold(const std::string& id, const std::string& key,
                const std::optional<etcd::Holding>& holding) {
    if (holding)
        held_[key] = {*holding, id};
    else
        held_.erase(key);
    dirty_ = true;
    changed_.cancel();
}

/// Once it is known what all containers ask for.
void Host::remove_leftovers() {
    if (!listed_ || former_.empty())
        return;
    const bool is_known = std::ranges::none_of(entries_, [](const auto& each) {
        return each.second.unknown || each.second.queued || each.second.looking;
    });
    if (!is_known)
        return;
    const Keys leftovers = std::exchange(former_, {});
    for (const auto& [name, key] : leftovers)
        spawn(remove_former(executor_, options_, name, key.holding));
    for (const auto& [id, entry] : entries_)
        if (leftovers.contains(entry.blocked))
            look_at(id);
    dirty_ = true;
}

Note Host::note() const {
    Note all{former_, {}};
    for (const auto& [name, key] : held_)
        all.keys.insert_or_assign(name, key);
    for (const auto& [id, entry] : entries_)
        if (entry.ending && !entry.started_at.empty())
            all.ending[id] = entry.started_at;
    return all;
}

asio::awaitable<void> Host::write_on_and_on() {
    for (std::string told;;) {
        while (!dirty_)
            co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
        dirty_ = false;
        writing_ = true;
        const std::string path = options_.docker.note;
        const Note all = note();
        auto written =
            co_await base::off_the_loop([&] { return write_note(path, all, note_file_); });
        writing_ = false;
        if (written)
            note_file_ = std::move(*written);
        if (written)
            told.clear();
        else if (std::exchange(told, written.error().message) != written.error().message)
            spdlog::warn("--docker-note: {}; a next run will leave keys of containers that have "
                         "gone meanwhile to their TTL",
                         written.error().message);
    }
}

} // namespace hitless::registration::docker
