// What the Reconciler makes of the template and the keys, and leaves out of it.
#include "hitless/haproxy/check_output.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/plan/unresolved.hpp"

#include "daemon/guard_log.hpp"
#include "daemon/reconciler.hpp"
#include "daemon/unless_stopped.hpp"

#include <spdlog/spdlog.h>

#include <map>
#include <utility>

namespace hitless::daemon {

namespace asio = boost::asio;

/// Renders and vets. Where nothing comes of it, the machine has been told why.
std::optional<apply::Vetter::Vetted> Reconciler::vet() {
    const auto began = Clock::now();
    auto vetted = vetter_.vet(*kept_.renderer);
    if (vetted && !kept_.waits_for_names())
        kept_.witness.rendered(*vetted, vetter_, Clock::now() - began);
    else
        kept_.witness.not_rendered(kept_.waits_for_names());
    if (kept_.waits_for_names()) {
        spdlog::debug("{} is rendered when the names are known that the template looks up",
                      kept_.resource.dest);
        machine_.not_rendered(Machine::NotRendered::lacks_names);
        return std::nullopt;
    }
    if (!vetted) {
        complaints_.raise("render", fmt::format("{} and HAProxy get no changes, since the template "
                                                "can't be rendered: {}",
                                                kept_.resource.dest, vetted.error().message));
        is_of_other_kind_ = makes_another_kind();
        if (is_of_other_kind_)
            machine_.stop();
        machine_.not_rendered(Machine::NotRendered::failed);
        return std::nullopt;
    }
    kept_.lookups.keep_only(kept_.renderer->questions());
    apply::log(vetted->news);
    kept_.status.set_left_out(vetter_.spoilt());
    return std::move(*vetted);
}

asio::awaitable<void> Reconciler::render() {
    auto vetted = vet();
    for (int refused = 0; vetted && kept_.is_template_new; ++refused) {
        const bool may_leave_out = refused < FileKeeper::most_refused_in_a_row;
        const Verdict verdict = co_await try_out(vetted->config, may_leave_out);
        if (verdict == Verdict::refused) {
            machine_.not_rendered(Machine::NotRendered::failed);
            co_return;
        }
        kept_.is_template_new = verdict != Verdict::accepted;
        if (kept_.is_template_new)
            vetted = vet();
    }
    if (!vetted)
        co_return;
    complaints_.settle("render", fmt::format("{} is rendered again", kept_.resource.dest));
    rendering_ = vetted->rendering;
    rendered_ = vetted->config;
    const auto findings =
        machine_.rendered(std::move(vetted->config), std::move(vetted->difference),
                          std::exchange(deleted_keys_, {}), Clock::now());
    names_.keep_wanted(*machine_.wanted());
    machine_.note_unresolved(names_.servers());
    log(findings);
    const auto held = in_words(machine_.held());
    kept_.status.set_held(held);
    kept_.witness.held(held);
}

/// HAProxy gets changes of keys before check_cmd has looked at the file. A template that somebody
/// has changed is looked at first: what is wrong in it may cost all servers.
asio::awaitable<Reconciler::Verdict> Reconciler::try_out(haproxy::Config config,
                                                         bool may_leave_out) {
    constexpr int most_tries = 10;
    const haproxy::Config& on_disk = machine_.loaded(); // nobody has been told of anything else
    auto sockets = kept_.options.haproxy_sockets;
    if (sockets.empty())
        sockets = haproxy::find_admin_sockets(on_disk, haproxy::own_environment()).addresses;
    for (int i = 0; i < most_tries; ++i) {
        const haproxy::Config file = plan::without_names(config, names_.servers());
        if (on_disk.text() == file.text())
            co_return Verdict::accepted;
        auto tries = file_keeper_.try_out(file, sockets);
        const auto done = co_await unless_stopped(kept_, grace_of_check, std::move(tries));
        if (!done)
            co_return Verdict::refused; // hitlessd is stopping
        if (*done && (*done)->kind != apply::Published::Kind::refused)
            co_return Verdict::accepted;
        std::string why;
        if (const auto& tried = *done; !tried) {
            why = fmt::format("check_cmd can't look at what it makes: {}", tried.error().message);
        } else {
            auto lines = haproxy::refused_lines(tried->reason, tried->checked_file, file);
            if (names_.note_refused(file, lines))
                continue;
            if (may_leave_out && !kept_.rules.strict && vetter_.refuse(file, lines, true))
                co_return Verdict::without_values;
            why = fmt::format("check_cmd refuses what it makes now: {}",
                              file_keeper_.why_refused(*tried));
        }
        complaints_.raise("render", fmt::format("{} and HAProxy stay as they are: the template {} "
                                                "is another one than before, and {}",
                                                kept_.resource.dest, kept_.resource.src, why));
        co_return Verdict::refused;
    }
    co_return Verdict::accepted;
}

/// The template makes no configuration of HAProxy any more.
bool Reconciler::makes_another_kind() const {
    const confd::Rendering rendering = kept_.renderer->render({nullptr, !kept_.rules.strict});
    return !rendering.output.failure && apply::makes_another_kind(rendering, kept_.rules);
}

/// check_cmd has refused the file. True when it named lines that values have brought, which are
/// left out, or servers whose names have no address: another file comes.
bool Reconciler::leave_out_refused(const haproxy::Config& config, const apply::Published& refused) {
    if (kept_.rules.strict)
        return false;
    auto lines = haproxy::refused_lines(refused.reason, refused.checked_file, config);
    const bool has_names = names_.note_refused(config, lines);
    const bool has_values = vetter_.refuse(config, lines);
    if (has_values)
        kept_.note_changed();
    if (has_names || has_values)
        kept_.wake.notify();
    return has_names || has_values;
}

} // namespace hitless::daemon
