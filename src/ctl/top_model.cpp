#include "ctl/top_model.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hitless::ctl {

void TopModel::take(TopSample sample) {
    if (sample_) {
        add_rates(sample, *sample_);
        if (sample.info.pid != sample_->info.pid)
            tell(fmt::format("HAProxy was restarted: process {} took the place of {}",
                             sample.info.pid, sample_->info.pid));
    }
    // The rows point into the old sample until rebuild() has found the selection in the new one.
    const std::optional<TopSample> old = std::exchange(sample_, std::move(sample));
    trouble_.clear();
    rebuild();
}

void TopModel::lose(std::string why) {
    trouble_ = std::move(why);
}

void TopModel::tell(std::string message, bool bad) {
    message_ = std::move(message);
    bad_ = bad;
}

void TopModel::set_page(std::size_t rows) {
    page_ = std::max<std::size_t>(rows, 1);
    select(selected_);
}

const TopEntry* TopModel::selection() const {
    return selected_ < rows_.size() ? rows_[selected_] : nullptr;
}

std::string TopModel::prompt() const {
    switch (mode_) {
    case Mode::filter:
        return "/" + base::printable(choice_.filter);
    case Mode::weight:
        return fmt::format("weight of {}/{} (0-256): {}", base::printable(pending_.backend),
                           base::printable(pending_.server), typed_);
    case Mode::list:
    case Mode::help:
    case Mode::confirm:
        break;
    }
    return message_;
}

TopAction TopModel::press(TopKey key) {
    switch (mode_) {
    case Mode::help:
        mode_ = Mode::list;
        return {};
    case Mode::filter:
        press_in_filter(key);
        return {};
    case Mode::weight:
        press_in_weight(key);
        return {};
    case Mode::confirm:
        return press_at_question(key);
    case Mode::list:
        break;
    }
    tell({});
    return press_in_list(key);
}

/// Keeps the selection on what it is on, wherever that has gone.
void TopModel::rebuild() {
    const TopEntry* const old = selection();
    const std::string backend = old != nullptr ? old->backend : std::string();
    const std::string server = old != nullptr ? old->server : std::string();
    rows_.clear();
    if (sample_)
        rows_ = choose_rows(sample_->entries, choice_);
    const auto same = std::ranges::find_if(rows_, [&](const TopEntry* entry) {
        return entry->backend == backend && entry->server == server;
    });
    // A server that is folded away leaves the selection to its backend.
    const auto parent = std::ranges::find(rows_, backend, &TopEntry::backend);
    if (same != rows_.end())
        select(static_cast<std::size_t>(same - rows_.begin()));
    else if (parent != rows_.end() && choice_.folded.contains(backend))
        select(static_cast<std::size_t>(parent - rows_.begin()));
    else
        select(selected_);
}

void TopModel::select(std::size_t row) {
    selected_ = rows_.empty() ? 0 : std::min(row, rows_.size() - 1);
    if (selected_ < first_)
        first_ = selected_;
    if (selected_ >= first_ + page_)
        first_ = selected_ - page_ + 1;
    first_ = std::min(first_, rows_.size() > page_ ? rows_.size() - page_ : 0);
}

} // namespace hitless::ctl
