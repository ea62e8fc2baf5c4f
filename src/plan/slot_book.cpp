#include "plan/slot_book.hpp"

#include "hitless/plan/slots.hpp"

#include <algorithm>

namespace hitless::plan {

SlotBook::SlotBook(const haproxy::RunningBackend* servers) {
    if (servers == nullptr)
        return;
    auto slot = servers->lower_bound(slot_prefix);
    for (; slot != servers->end() && slot->first.starts_with(slot_prefix); ++slot) {
        const haproxy::RunningServer& server = slot->second;
        if (!is_slot(slot->first))
            continue;
        if (!server.serves.empty())
            serving_.emplace(server.serves, &*slot);
        else if (server.in_maintenance() && server.options) // else nobody knows what it is like
            free_.push_back(&*slot);
    }
    // The lowest is next; those in which sessions may still run come after the others.
    std::ranges::reverse(free_);
    std::stable_partition(free_.begin(), free_.end(),
                          [](const Slot* one) { return one->second.leaving; });
}

const SlotBook::Slot* SlotBook::serving(std::string_view server) const {
    const auto found = serving_.find(server);
    return found == serving_.end() ? nullptr : found->second;
}

const SlotBook::Slot*
SlotBook::take(const std::function<bool(const haproxy::RunningServer&)>& fits) {
    const auto found = std::find_if(free_.rbegin(), free_.rend(),
                                    [&](const Slot* slot) { return fits(slot->second); });
    if (found == free_.rend())
        return nullptr;
    const Slot* const slot = *found;
    free_.erase(std::next(found).base());
    return slot;
}

} // namespace hitless::plan
