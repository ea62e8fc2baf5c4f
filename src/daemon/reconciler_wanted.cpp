#include "hitless/base/file.hpp"
#include "hitless/plan/difference.hpp"

#include "daemon/reconciler.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <utility>

// The half of the Reconciler that asks nobody: what the keys make of the template, and how that
// differs from what HAProxy was started with.
namespace hitless::daemon {
namespace {

constexpr std::size_t most_reasons = 5;

} // namespace

/// Takes what is on disk for what HAProxy runs.
void Reconciler::load_file() {
    loaded_ = {};
    auto text = base::read_file(work_.resource.dest);
    if (!text)
        return; // there is none yet
    if (auto config = haproxy::Config::parse(std::move(*text)))
        loaded_ = std::move(*config);
    else
        spdlog::warn("{} is no configuration of HAProxy: {}", work_.resource.dest,
                     config.error().message);
}

void Reconciler::refresh() {
    const auto since = std::exchange(work_.since, std::nullopt);
    if (!since_)
        since_ = since;
    auto text = work_.renderer->render();
    auto vetted = text ? vetter_.vet(std::move(*text), work_.renderer->tree())
                       : Result<apply::Vetter::Vetted>(text.error());
    if (!vetted) {
        complaints_.raise("render", fmt::format("{} stays as it is, HAProxy too: {}",
                                                work_.resource.dest, vetted.error().message));
        return;
    }
    complaints_.settle("render", fmt::format("{} is rendered again", work_.resource.dest));
    report(*vetted);
    take_over(std::move(*vetted));
}

void Reconciler::report(const apply::Vetter::Vetted& vetted) {
    for (const apply::SpoiltServer& server : vetted.spoilt)
        spdlog::error("{}", server.message);
    for (const apply::SpoiltServer& server : vetted.mended)
        spdlog::info("server {}/{} is no longer left out: key {} was mended or deleted",
                     server.backend, server.server, server.key);
}

void Reconciler::take_over(apply::Vetter::Vetted vetted) {
    if (!wanted_) {
        wanted_ = std::move(vetted.config);
        compare_with_loaded();
        return;
    }
    const plan::Difference difference =
        vetted.difference ? std::move(*vetted.difference) : plan::compare(*wanted_, vetted.config);
    wanted_ = std::move(vetted.config);
    for (const plan::ServerChange& server : difference.servers) {
        hopeless_.erase(fmt::format("{}/{}", server.backend, server.server));
        repairs_.erase(server);
        pending_.insert(server);
    }
    if (!difference.lines.empty()) {
        compare_with_loaded();
        look_needed_ = true; // a `default-server` may have changed any server
    }
}

void Reconciler::compare_with_loaded() {
    line_reasons_.clear();
    if (!wanted_)
        return;
    if (loaded_.sections().empty())
        line_reasons_.push_back(fmt::format("there was no {}", work_.resource.dest));
    else
        line_reasons_ = plan::reasons(plan::compare(loaded_, *wanted_), most_reasons);
    if (owed_reload_)
        line_reasons_.emplace_back("a reload was owed when the last run ended");
}

std::vector<std::string> Reconciler::reload_reasons() const {
    std::vector<std::string> reasons = line_reasons_;
    for (const auto& [server, reason] : server_reasons_) {
        if (reasons.size() == 2 * most_reasons) {
            reasons.push_back(fmt::format("and {} servers more", server_reasons_.size()));
            break;
        }
        reasons.push_back(reason);
    }
    return reasons;
}

void Reconciler::hand_to_fallback() {
    if (work_.noop)
        return;
    fallback_.want(*wanted_,
                   work_.publishing.sync_only ? std::vector<std::string>() : reload_reasons());
}

void Reconciler::note_reloaded(const haproxy::Config& config) {
    loaded_ = config;
    owed_reload_ = false;
    own_reload_ = reconnect_ = proxy_.has_value();
    hopeless_ = std::exchange(server_reasons_, {});
    compare_with_loaded();
    work_.wake.notify();
}

/// The socket of the process that runs; where that is not known, the one that is wanted.
bool Reconciler::choose_socket() {
    const auto sockets = haproxy::admin_sockets(loaded_.sections().empty() ? *wanted_ : loaded_);
    if (!sockets.empty()) {
        complaints_.settle("admin socket", "there is an admin socket now");
        if (!proxy_ || proxy_->socket() != sockets.front()) {
            proxy_.emplace(executor_, sockets.front());
            look_needed_ = true;
        }
        return true;
    }
    complaints_.raise(
        "admin socket",
        fmt::format(
            "{} has no stats socket that may change servers, so every change is a reload; "
            "add to the global section of {}: stats socket /run/haproxy/admin.sock mode 660 "
            "level admin",
            work_.resource.dest, work_.resource.src));
    proxy_.reset();
    fallback_.set_process({});
    server_reasons_.clear();
    for (const plan::ServerChange& server : plan::compare(loaded_, *wanted_).servers)
        server_reasons_.emplace(fmt::format("{}/{}", server.backend, server.server),
                                fmt::format("{}/{} differs, and there is no admin socket",
                                            server.backend, server.server));
    return false;
}

void Reconciler::show(const plan::Plan& plan) {
    std::string text;
    for (const plan::Action& action : plan.actions)
        text += fmt::format("noop: {} backend={} server={} change=\"{}\": {}\n",
                            plan::to_string(action.kind), action.backend, action.server,
                            action.detail, fmt::join(action.commands, "; "));
    for (const std::string& reason : reload_reasons())
        text += fmt::format("noop: reload: {}\n", reason);
    if (std::exchange(last_noop_, text) != text)
        spdlog::info("{}", text.empty() ? "noop: nothing to do" : text);
}

} // namespace hitless::daemon
