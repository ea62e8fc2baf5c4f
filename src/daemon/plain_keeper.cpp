#include "daemon/plain_keeper.hpp"

#include "hitless/apply/certificate_gate.hpp"
#include "hitless/apply/reload.hpp"
#include "hitless/apply/reports.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/commands.hpp"
#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/check_output.hpp"

#include "base/event.hpp"
#include "base/off_the_loop.hpp"
#include "daemon/complaints.hpp"
#include "daemon/key_dump.hpp"
#include "daemon/unless_stopped.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
using Clock = Wake::Clock;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{1'000};
constexpr milliseconds longest_pause{60'000};
constexpr std::chrono::minutes longest_command{1};
/// These troubles outlive a new reading of the confdir.
constexpr std::array lasting_topics{"write", "reload"};
/// When hitlessd ends; after that the next run reloads once more.
constexpr milliseconds longest_wait_for_note{500};

class PlainKeeper {
  public:
    explicit PlainKeeper(KeptResource& kept)
        : kept_(kept),
          note_(kept.resource.dest),
          dump_(kept),
          is_owed_(owes_reloads() && note_.is_set()),
          complaints_(kept.status, apply::file_trouble),
          of_keys_(kept.status, apply::keys_trouble) {
        for (const char* const topic : lasting_topics)
            complaints_.remember(topic, kept_.told_before);
        of_keys_.remember("render", kept_.told_before);
    }

    asio::awaitable<KeeperEnd> run() {
        while ((!kept_.stopping || told_) && !is_haproxy_) {
            if (std::exchange(kept_.inbox.is_reload_noted, false))
                co_await forget_reload();
            else if (std::exchange(kept_.inbox.is_reload_left, false))
                take_reload();
            else if (std::exchange(kept_.inbox.look_at_notes, false))
                co_await look_at_notes();
            else if (std::exchange(kept_.inbox.say_in_step, false))
                kept_.is_to_say_in_step = true;
            else if (kept_.inbox.changed || kept_.inbox.compare_all || is_due(write_again_))
                co_await render_and_write();
            else if (is_due(reload_again_))
                co_await reload();
            else if (is_due(dump_.due()))
                co_await dump_.write(false);
            else if (is_there() && std::exchange(kept_.is_to_say_in_step, false))
                say_in_step();
            else if (kept_.onetime && !kept_.waits_for_names() && !awaits_note_)
                break;
            else
                co_await wait();
        }
        take_back();
        if (kept_.onetime && is_written_ && kept_.cut_off.empty() &&
            std::exchange(kept_.is_to_say_in_step, false))
            say_in_step();
        for (const char* const topic : lasting_topics)
            complaints_.hand_over(topic, kept_.told_before);
        of_keys_.hand_over("render", kept_.told_before);
        for (const auto limit = Clock::now() + longest_wait_for_note;
             awaits_note_ && !kept_.inbox.is_reload_noted && Clock::now() < limit;)
            co_await kept_.wake.wait_until(limit);
        if (std::exchange(kept_.inbox.is_reload_noted, false))
            co_await forget_reload();
        if (dump_.due() != never)
            co_await dump_.write(true);
        kept_.inbox.say_in_step |= kept_.is_to_say_in_step;
        kept_.failed = complaints_.any() || of_keys_.any();
        co_return is_haproxy_ ? KeeperEnd::other_kind : KeeperEnd::stopped;
    }

  private:
    asio::awaitable<void> wait() {
        if (!complaints_.any() && !of_keys_.any() && !kept_.waits_for_names())
            kept_.witness.note_in_step();
        const auto until = std::min({write_again_, reload_again_, dump_.due()});
        co_await kept_.wake.wait_until(until);
    }

    /// What the resource's file is to HAProxy's configuration is told to the site.
    asio::awaitable<void> render_and_write() {
        kept_.site.begin_writing(dest());
        co_await bring_to_disk();
        if (!kept_.inbox.changed) // else the next turn brings it to disk
            take_back();
        kept_.site.end_writing(dest());
    }

    /// What the keys make now. nullptr: nothing that can be used.
    Site::SharedText render(haproxy::Reading reading) {
        // A value must not bring another entry to a map or a list of HAProxy.
        const bool is_gated = reading == haproxy::Reading::lines;
        const gotemplate::Gate gate = apply::make_gate(*kept_.renderer, kept_.rules);
        confd::Rendering rendering =
            kept_.renderer->render({is_gated ? &gate : nullptr, is_gated && !kept_.rules.strict});
        if (kept_.waits_for_names())
            return nullptr;
        if (rendering.output.failure) {
            kept_.witness.not_rendered(false);
            of_keys_.raise("render", fmt::format("{} is not rendered: {}", dest(),
                                                 apply::explain(*rendering.output.failure,
                                                                *kept_.renderer, kept_.rules)));
            return nullptr;
        }
        auto spoilt = is_gated ? reports_.of_entries(*kept_.renderer, rendering, kept_.rules)
                               : reports_.of_rendering(*kept_.renderer, rendering, kept_.rules);
        if (kept_.rules.strict && !spoilt.empty()) {
            kept_.witness.not_rendered(false);
            of_keys_.raise("render",
                           fmt::format("{} stays as it is: {}", dest(), spoilt.front()->message));
            return nullptr;
        }
        apply::log(reports_.update(std::move(spoilt)));
        kept_.status.set_left_out(reports_.all());
        is_haproxy_ = apply::makes_haproxy(rendering, kept_.rules);
        if (is_haproxy_)
            return nullptr;
        kept_.site.renders_other(dest());
        if (reading == haproxy::Reading::certificates && !is_certificate(rendering))
            return nullptr;
        kept_.witness.rendered_other();
        of_keys_.settle("render", fmt::format("{} is rendered again", dest()));
        kept_.lookups.keep_only(kept_.renderer->questions());
        return std::make_shared<const std::string>(std::move(rendering.output.text));
    }

    asio::awaitable<void> bring_to_disk() {
        Inbox inbox = std::exchange(kept_.inbox, {});
        kept_.is_to_say_in_step |= inbox.say_in_step;
        kept_.inbox.is_reload_noted = inbox.is_reload_noted;
        kept_.inbox.is_reload_left = inbox.is_reload_left;
        write_again_ = never;
        is_written_ = false;
        const haproxy::Reading reading = kept_.site.reading(dest());
        const Site::SharedText text = render(reading);
        if (!text)
            co_return;
        if (kept_.noop) {
            tell_noop(*text);
            kept_.site.has_text(dest(), text, inbox.since);
            co_return;
        }
        const bool is_told_first = may_tell_first();
        if (is_told_first)
            tell_first(text, inbox.since);
        const auto began = Clock::now();
        auto writes = is_told_first ? write_and_tell(text) : write(text, reading);
        const auto ended = co_await std::move(writes);
        if (!ended) {
            spdlog::warn("{} is left as it is, since its check_cmd did not end within {} s of the "
                         "signal; the next start, or the new reading of the confdir, does it again",
                         dest(), grace_of_check.count());
            co_return;
        }
        const Result<apply::Published>& published = *ended;
        kept_.witness.published(published, published ? published->reason : std::string(),
                                Clock::now() - began);
        if (!published) {
            take_back();
            complaints_.raise(
                "write", fmt::format("{} stays as it is: {}", dest(), published.error().message));
            write_again_ = Clock::now() + first_pause;
            co_return;
        }
        if (published->kind == apply::Published::Kind::refused) {
            begin_owed_reload(); // for what is on disk
            complaints_.raise(
                "write",
                fmt::format("{} stays as it is, since its check_cmd refuses the new one: {}",
                            dest(),
                            haproxy::as_told(published->reason, published->checked_file, dest())));
            co_return;
        }
        complaints_.settle("write",
                           fmt::format("the new {} is accepted, and can be written again", dest()));
        kept_.witness.note_ready();
        on_disk_ = text;
        const bool is_newer_told = told_ && told_ != text;
        if (!is_newer_told) {
            told_ = nullptr;
            kept_.site.has_text(dest(), text, is_told_first ? std::nullopt : inbox.since);
        }
        if (published->kind == apply::Published::Kind::written) {
            log(spdlog::level::info, base::Event("wrote").with("dest", dest()));
            pause_ = first_pause;
            begin_reload();
        } else {
            begin_owed_reload();
        }
        is_written_ = true;
        // So that hitlessctl finds the keys of what HAProxy has from the file.
        if (kept_.site.is_used(dest()))
            dump_.note_change();
    }

    using Ended = std::optional<Result<apply::Published>>;

    /// nullopt: it was cut off. Else as apply::publish().
    asio::awaitable<Ended> write(Site::SharedText text, haproxy::Reading reading) {
        apply::PublishOptions publishing = kept_.publishing;
        publishing.about_to_write = [this] { return note_reload(); };
        const confd::Resource resource = apply::with_mode_for(kept_.resource, reading);
        auto publishes = apply::publish(resource, *text, publishing);
        auto ended = co_await unless_stopped(kept_, grace_of_check, std::move(publishes));
        co_return ended;
    }

    /// The same of a map or an ACL. What changes while the file is written doesn't wait for that.
    asio::awaitable<Ended> write_and_tell(Site::SharedText text) {
        using asio::experimental::awaitable_operators::operator||;
        auto writes = caught(write(std::move(text), haproxy::Reading::lines));
        auto either = std::move(writes) || tell_changes();
        auto done = co_await std::move(either);
        auto& [ended, thrown] = std::get<0>(done);
        base::rethrow(thrown);
        co_return std::move(*ended);
    }

    /// Until it is cancelled. The changes stay in the inbox, since the file is to have them, too.
    asio::awaitable<void> tell_changes() {
        auto known = kept_.changes;
        for (;;) {
            co_await kept_.wake.wait_until(never);
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                co_return;
            if (kept_.stopping || std::exchange(known, kept_.changes) == kept_.changes)
                continue;
            const Site::SharedText text = render(haproxy::Reading::lines);
            if (text && may_tell_first())
                tell_first(text, kept_.inbox.since);
        }
    }

    void tell_first(const Site::SharedText& text, std::optional<Clock::time_point> since) {
        told_ = text;
        kept_.site.will_have_text(dest(), text, since);
    }

    /// HAProxies are to have what is on disk.
    void take_back() {
        if (std::exchange(told_, nullptr))
            kept_.site.has_text(dest(), on_disk_, std::nullopt);
    }

    /// The HAProxies needn't wait for the disk. What they have of a map or an ACL is read from them
    /// at each start of hitlessd and of HAProxy, so that it is no matter who ends in between. But
    /// what check_cmd may refuse, or could not be written, they don't get before it is there.
    [[nodiscard]] bool may_tell_first() const {
        return on_disk_ && kept_.resource.check_cmd.empty() && !complaints_.raised("write") &&
               kept_.site.can_be_told_first(dest());
    }

    /// What is wanted is on disk, and HAProxies that can be told of it have been.
    [[nodiscard]] bool is_there() const {
        return is_written_ && kept_.cut_off.empty() && !awaits_note_ &&
               !kept_.site.is_being_told(dest());
    }

    void tell_noop(const std::string& text) const {
        const auto on_disk = base::read_if_present(dest());
        if (!on_disk)
            spdlog::warn("noop: {}", on_disk.error().message);
        else if (*on_disk && **on_disk == text)
            spdlog::info("noop: {} stays as it is", dest());
        else
            spdlog::info("noop: {} would be written, {} bytes", dest(), text.size());
    }

    /// False: it can't be used, so that the file and HAProxy stay as they are.
    bool is_certificate(const confd::Rendering& rendering) {
        const auto certificate = apply::expect_certificate(rendering, kept_.resource, kept_.rules);
        if (!certificate) {
            begin_owed_reload(); // for what is on disk
            kept_.witness.not_rendered(false);
            of_keys_.raise("render", fmt::format("{} stays as it is, and so does HAProxy: {}",
                                                 dest(), certificate.error().message));
            return false;
        }
        const auto now = std::chrono::system_clock::now();
        const auto trouble =
            haproxy::validity_trouble(*certificate, std::chrono::floor<std::chrono::seconds>(now));
        if (trouble && std::exchange(told_of_, certificate->digest) != certificate->digest)
            spdlog::warn("the certificate in {} ({}) is taken, but {}", dest(),
                         base::printable(certificate->of.subject, 80), *trouble);
        return true;
    }

    void say_in_step() const {
        log(spdlog::level::info, base::Event("in_step")
                                     .with("dest", dest())
                                     .says(fmt::format("in step with the keys: {}{}", dest(),
                                                       kept_.status.but_for_left_out())));
    }

    /// What is on disk is to be loaded: by the keeper of the configuration that uses it, or by us.
    void begin_reload() {
        const bool was_owed = std::exchange(is_owed_, false);
        kept_.inbox.is_reload_noted = false; // that was for an older file
        kept_.inbox.is_reload_left = false;
        const bool is_left_to_other = kept_.site.written(dest(), was_owed);
        awaits_note_ = is_left_to_other && !kept_.publishing.sync_only;
        reload_again_ = kept_.publishing.sync_only || is_left_to_other ? never : Clock::now();
        if (awaits_note_)
            complaints_.settle("reload");
        else
            tell_why_reload();
    }

    /// Of a file whose changes mostly need none.
    void tell_why_reload() const {
        const std::string why = owes_reloads() ? kept_.site.why_not_live(dest()) : std::string();
        if (!why.empty())
            spdlog::info("the reload_cmd of {} runs for this change, since {}", dest(), why);
    }

    /// HAProxy can't be told, after all.
    void take_reload() {
        if (!std::exchange(awaits_note_, false))
            return;
        reload_again_ = kept_.publishing.sync_only ? never : Clock::now();
        tell_why_reload();
    }

    /// An earlier run was killed between the file and the reload.
    void begin_owed_reload() {
        if (!is_owed_)
            return;
        spdlog::info("{} was written by a hitlessd that ended before the reload for it; it is made "
                     "up for now",
                     dest());
        begin_reload();
    }

    [[nodiscard]] bool owes_reloads() const {
        return !kept_.publishing.sync_only && !kept_.noop && !kept_.resource.reload_cmd.empty();
    }

    /// Should we be killed as soon as the file is there.
    Result<void> note_reload() const {
        plan::Obstacles obstacles;
        obstacles.add({plan::ObjectId::Kind::file, {}, dest()},
                      {plan::Cause::Kind::file_changed, {}});
        return owes_reloads() ? note_.set(obstacles) : Result<void>{};
    }

    asio::awaitable<void> forget_reload() {
        awaits_note_ = false;
        const Result<void> cleared = co_await base::off_the_loop([this] { return note_.clear(); });
        if (!cleared)
            spdlog::warn("{}; the next hitlessd does the reload again", cleared.error().message);
    }

    /// The kept keys may have been removed; and nobody else has a reason to note a reload.
    asio::awaitable<void> look_at_notes() {
        if (dump_.is_gone())
            dump_.note_change();
        const bool owes_reload = is_owed_ || awaits_note_ || reload_again_ != never;
        if (!owes_reload && note_.is_set() && !kept_.status.is_shown_by_another())
            co_await forget_reload();
    }

    asio::awaitable<void> reload() {
        auto reloads = confd::reload(kept_.resource, longest_command);
        const auto ended = co_await unless_stopped(kept_, grace_of_reload, std::move(reloads));
        if (!ended) {
            spdlog::warn(
                "the reload_cmd of {} did not end within {} s of the signal, and is left alone",
                dest(), grace_of_reload.count());
            co_return;
        }
        const Result<std::string>& done = *ended;
        if (done) {
            reload_again_ = never;
            co_await forget_reload();
            complaints_.settle("reload",
                               fmt::format("the reload_cmd of {} succeeds again", dest()));
            co_return;
        }
        complaints_.raise(
            "reload", fmt::format("{} is written, but its reload_cmd failed and is tried again: {}",
                                  dest(), done.error().message));
        reload_again_ = Clock::now() + pause_;
        pause_ = std::min(pause_ * 2, longest_pause);
    }

    /// With -onetime nothing is tried twice.
    [[nodiscard]] bool is_due(Clock::time_point when) const {
        const bool has_failed = complaints_.any() || of_keys_.any();
        return Clock::now() >= when && !(kept_.onetime && has_failed);
    }

    [[nodiscard]] const std::string& dest() const { return kept_.resource.dest; }

    static constexpr Clock::time_point never = Clock::time_point::max();

    KeptResource& kept_;
    apply::ReloadNote note_;
    KeyDump dump_;
    bool is_owed_;             ///< by an earlier run
    bool is_written_ = false;  ///< dest is what is wanted
    Site::SharedText on_disk_; ///< what this run has found or brought there last
    Site::SharedText told_;    ///< what HAProxies are told of, and that isn't there yet
    bool awaits_note_ = false; ///< of another keeper, which does the reload
    Complaints complaints_;
    Complaints of_keys_;
    apply::Reports reports_;
    bool is_haproxy_ = false;
    std::string told_of_; ///< the digest of a certificate that isn't valid
    Clock::time_point write_again_ = never;
    Clock::time_point reload_again_ = never;
    milliseconds pause_ = first_pause;
};

} // namespace

asio::awaitable<KeeperEnd> keep_plain(KeptResource& kept) {
    PlainKeeper keeper(kept);
    kept.inbox.changed = true;
    co_return co_await keeper.run();
}

} // namespace hitless::daemon
