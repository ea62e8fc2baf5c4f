#include "daemon/keep_resource.hpp"

#include "hitless/apply/gate.hpp"
#include "hitless/apply/reports.hpp"
#include "hitless/base/file.hpp"

#include "daemon/complaints.hpp"
#include "daemon/plain_keeper.hpp"
#include "daemon/reconciler.hpp"

#include <spdlog/spdlog.h>

#include <optional>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;

/// A configuration whose backends are made of keys has none when the keys are gone. It is still
/// kept as a configuration, so that the guard is asked.
bool is_configuration_on_disk(const KeptResource& kept) {
    const auto text = base::read_if_present(kept.resource.dest);
    return text && *text && haproxy::looks_like_haproxy(**text);
}

/// Whether the template makes a configuration of HAProxy of the keys.
Result<bool> makes_configuration(const KeptResource& kept) {
    const confd::Rendering rendering = kept.renderer->render({nullptr, !kept.rules.strict});
    if (rendering.output.failure)
        return Error{apply::explain(*rendering.output.failure, *kept.renderer, kept.rules)};
    return apply::makes_haproxy(rendering, kept.rules) ||
           (!apply::makes_another_kind(rendering, kept.rules) && is_configuration_on_disk(kept));
}

/// With -onetime, the keys are waited for this long. A node that doesn't answer is left after half
/// of it, so there is time for a second one.
constexpr std::chrono::seconds longest_wait_for_keys{20};

std::string why_no_keys(const KeptResource& kept) {
    return fmt::format("{} and what it is for stay as they are, since the keys could not be read "
                       "within {} s: {}",
                       kept.resource.dest, longest_wait_for_keys.count(),
                       kept.cut_off.empty() ? "there is no whole answer yet" : kept.cut_off);
}

/// Waits for the keys, the names that the template looks up, and the first rendering; returns
/// whether it is HAProxy's configuration, or nothing when told to stop before that.
asio::awaitable<std::optional<bool>> first_rendering(KeptResource& kept) {
    using Clock = Wake::Clock;
    Complaints complaints(kept.status, apply::keys_trouble);
    auto limit = kept.onetime ? Clock::now() + longest_wait_for_keys : Clock::time_point::max();
    for (; !kept.stopping; co_await kept.wake.wait_until(limit)) {
        if (!kept.feed.complete()) {
            if (Clock::now() < limit)
                continue;
            complaints.raise("keys", why_no_keys(kept));
            break;
        }
        limit = Clock::time_point::max();
        const auto is_configuration = makes_configuration(kept);
        if (kept.waits_for_names())
            continue;
        if (is_configuration)
            co_return *is_configuration;
        kept.inbox.changed = false; // nobody waits for a file of it
        complaints.raise("render",
                         fmt::format("{} gets no changes, since the template can't be "
                                     "rendered: {}",
                                     kept.resource.dest, is_configuration.error().message));
        if (kept.onetime)
            break;
    }
    kept.failed = complaints.any() || kept.onetime;
    co_return std::nullopt;
}

} // namespace

asio::awaitable<void> keep_resource(asio::any_io_executor executor, KeptResource& kept) {
    for (auto end = KeeperEnd::other_kind; end == KeeperEnd::other_kind;) {
        const auto is_configuration = co_await first_rendering(kept);
        if (!is_configuration)
            break;
        // Before anything is written, so that hitlessctl never finds notes that nobody holds.
        kept.status.show();
        if (*is_configuration) {
            Reconciler reconciler(executor, kept);
            kept.reconciler = &reconciler;
            end = co_await reconciler.run();
            kept.reconciler = nullptr;
        } else {
            kept.is_plain = true;
            end = co_await keep_plain(kept);
            kept.is_plain = false;
        }
        if (end == KeeperEnd::other_kind)
            spdlog::info("{} is {} from now on, and is kept as one", kept.resource.dest,
                         *is_configuration ? "a file that is no configuration of HAProxy"
                                           : "a configuration of HAProxy");
    }
    kept.inbox.changed = false;
    kept.site.keeper_ended(kept.resource.dest);
}

} // namespace hitless::daemon
