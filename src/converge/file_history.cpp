#include "converge/file_history.hpp"

#include <utility>

namespace hitless::converge {
namespace {

/// Beside the first. Of a process that was started before these, the first is the best guess.
constexpr std::size_t most_entries = 16;

} // namespace

void FileHistory::begin_with(haproxy::Config config) {
    entries_.clear();
    entries_.push_back({std::move(config), 0});
}

void FileHistory::note_written(haproxy::Config config, long now) {
    // Of one second the last counts, for whoever starts after it.
    if (entries_.size() > 1 && entries_.back().since == now)
        entries_.pop_back();
    entries_.push_back({std::move(config), now});
    if (entries_.size() > most_entries + 1)
        entries_.erase(entries_.begin() + 1);
}

haproxy::Config FileHistory::at(long start) const {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        if (entry->since < start)
            return entry->config;
    }
    return entries_.front().config;
}

} // namespace hitless::converge
