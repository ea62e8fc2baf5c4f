#include "apply/spoilt_output.hpp"
#include "daemon/times.hpp"
#include "daemon/witness.hpp"
#include "telemetry/public_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <utility>

// What happens to the template, the file and the reload.
namespace hitless::daemon {
namespace {

using monitor::Change;
namespace metric = monitor::metric;

double seconds_since_1970(monitor::Time time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// The first key that has printed a piece of the line; empty: none has.
std::string key_of(std::string_view line, const apply::Vetter::Vetted& vetted,
                   const apply::Rules& rules) {
    const std::string& text = vetted.config.text();
    const auto begin = static_cast<std::size_t>(line.data() - text.data());
    for (const auto& piece :
         apply::pieces_in(vetted.rendering->output, {begin, begin + line.size()})) {
        const auto* const source = vetted.rendering->sources->find(piece.source);
        if (source != nullptr && source->kind == confd::Source::Kind::key)
            return apply::with_prefix(rules, source->name);
    }
    return {};
}

} // namespace

Change Witness::change_of_file(std::string_view action) const {
    Change made;
    made.time = std::chrono::system_clock::now();
    made.resource = dest_;
    made.kind = "file";
    made.name = dest_;
    made.action = action;
    return made;
}

/// Of the servers that differ; of all, where that isn't known.
void Witness::note_keys(const apply::Vetter::Vetted& vetted, const apply::Rules& rules) {
    const haproxy::Config& config = vetted.config;
    if (!vetted.rendering || !vetted.rendering->sources)
        return;
    if (vetted.difference && vetted.difference->lines.empty() && !keys_->empty()) {
        if (keys_.use_count() > 1) // somebody reads it
            keys_ = std::make_shared<monitor::KeysOfServers>(*keys_);
        for (const plan::ServerId& server : vetted.difference->servers) {
            const auto* const line = config.find_server(server.backend, server.server);
            if (line != nullptr) // of one that is gone, the key is still told
                keys_->insert_or_assign(server, key_of(line->text, vetted, rules));
        }
        return;
    }
    keys_ = std::make_shared<monitor::KeysOfServers>();
    for (const haproxy::Section& section : config.sections()) {
        if (!section.has_servers())
            continue;
        for (const haproxy::ServerLine& line : section.servers) {
            std::string key = key_of(line.text, vetted, rules);
            if (!key.empty())
                (*keys_)[{std::string(section.name), std::string(line.name)}] = std::move(key);
        }
    }
}

void Witness::rendered(const apply::Vetter::Vetted& vetted, const apply::Vetter& vetter,
                       Clock::duration took) {
    if (monitor_ == nullptr)
        return;
    rendered_ = std::chrono::system_clock::now();
    phases_ = {};
    phases_.render = milliseconds_of(took);
    monitor_->metrics.count(metric::renders, {"done"});
    monitor_->metrics.observe(metric::phase, seconds_of(took), {"render"});
    note_keys(vetted, vetter.rules());
    for (const apply::Spoilt& spoilt : vetted.news.spoilt) {
        Change made = change_of_file("left_out");
        made.kind = "key";
        made.name = key_of(spoilt);
        made.keys = {made.name};
        made.detail = spoilt.what;
        made.result = "refused";
        made.message = telemetry::public_reason(spoilt.message, made.name);
        monitor_->changes.add(std::move(made));
    }
}

void Witness::rendered_other() {
    if (monitor_ == nullptr)
        return;
    rendered_ = std::chrono::system_clock::now();
    monitor_->metrics.count(metric::renders, {"done"});
}

void Witness::not_rendered(bool waits) {
    if (monitor_ != nullptr)
        monitor_->metrics.count(metric::renders, {waits ? "waiting" : "failed"});
}

void Witness::held(const std::vector<std::string>& changes) {
    if (monitor_ == nullptr || held_ == changes.size())
        return;
    Change made = change_of_file(changes.size() > held_ ? "hold" : "release");
    if (!changes.empty())
        made.message = telemetry::public_sentence(changes.front());
    held_ = changes.size();
    monitor_->changes.add(std::move(made));
}

void Witness::publishes() {
    written_now_.insert(written_now_.end(), unwritten_.begin(), unwritten_.end());
    unwritten_.clear();
}

void Witness::published(const Result<apply::Published>& published, const std::string& refusal,
                        Clock::duration took) {
    if (monitor_ == nullptr)
        return;
    using Kind = apply::Published::Kind;
    const bool is_written = published && published->kind == Kind::written;
    const bool is_refused = published && published->kind == Kind::refused;
    monitor_->metrics.count(metric::config_checks, {!published   ? "failed"
                                                    : is_written ? "written"
                                                    : is_refused ? "refused"
                                                                 : "unchanged"});
    monitor_->metrics.observe(metric::phase, seconds_of(took), {"file"});
    if (published && published->check_took)
        monitor_->metrics.observe(metric::check_duration, seconds_of(*published->check_took));
    check_refused_ = is_refused ? refusal : std::string();
    if (published) {
        const auto ids = std::exchange(written_now_, {});
        if (is_written)
            monitor_->changes.amend(
                ids, [&](Change& change) { change.phases_ms.file = milliseconds_of(took); });
    }
    if (published && !is_written && !is_refused)
        return;
    Change made = change_of_file("write");
    made.phases_ms.file = milliseconds_of(took);
    if (is_written) {
        written_ = made.time;
        monitor_->metrics.set(metric::config_last_success, seconds_since_1970(made.time));
    } else {
        made.result = is_refused ? "refused" : "failed";
        made.message = telemetry::public_sentence(is_refused ? refusal : published.error().message);
    }
    monitor_->changes.add(std::move(made));
}

void Witness::reloaded(const plan::Obstacles& why, Clock::duration took,
                       const std::string& failure) {
    if (monitor_ == nullptr)
        return;
    constexpr std::size_t most_causes = 10;
    const std::string_view result = failure.empty() ? "done" : "failed";
    std::set<std::string_view> kinds;
    for (const auto& [object, causes] : why.by_object()) {
        for (const plan::Cause& cause : causes)
            kinds.insert(plan::to_string(cause.kind));
    }
    for (const std::string_view kind : kinds)
        monitor_->metrics.count(metric::reload_causes, {kind, result});
    monitor_->metrics.count(metric::reloads, {result});
    monitor_->metrics.observe(metric::reload_duration, seconds_of(took));
    Change made = change_of_file("reload");
    last_reload_ = monitor::LastReload{made.time, failure.empty(), in_words(why, most_causes),
                                       milliseconds_of(took)};
    std::vector<std::string> causes;
    for (const std::string& cause : last_reload_->causes)
        causes.push_back(telemetry::public_line(cause));
    made.detail = fmt::format("{}", fmt::join(causes, "; "));
    made.result = result;
    made.message = telemetry::public_sentence(failure);
    made.total_ms = milliseconds_of(took);
    monitor_->changes.add(std::move(made));
}

void Witness::note_in_step() {
    if (monitor_ != nullptr)
        applied_index_ = monitor_->registry.index;
}

void Witness::owes(bool is_owed) {
    if (!is_owed)
        owed_since_.reset();
    else if (!owed_since_)
        owed_since_ = std::chrono::system_clock::now();
}

void Witness::describe(monitor::ResourceStatus& resource) const {
    resource.rendered = rendered_;
    resource.applied_index = applied_index_;
    resource.written = written_;
    resource.check_refused = check_refused_;
    resource.reload.since = owed_since_;
    resource.reload.last = last_reload_;
}

} // namespace hitless::daemon
