#include "hitless/apply/session.hpp"

#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/present.hpp"
#include "hitless/plan/plan.hpp"

#include "apply/steps_run.hpp"

#include <string>
#include <utility>

namespace hitless::apply {

namespace asio = boost::asio;
using haproxy::Command;

Session::Session(asio::any_io_executor executor, std::string socket)
    : client_(std::move(executor), std::move(socket)),
      departures_(client_, info_, observed_.servers) {}

asio::awaitable<void> Session::lost() {
    return client_.lost();
}

asio::awaitable<Result<Session::Identity>> Session::identify() {
    for (bool again = false;; again = true) {
        auto answer = co_await client_.run("show info");
        if (!answer)
            co_return answer.error();
        auto info = haproxy::parse_info(*answer);
        if (!info)
            co_return info.error();
        if (info->stopping && !again) { // a reload left us with the old process
            client_.close();
            continue;
        }
        const bool same = info_.is_same_process(*info) && !info->stopping;
        if (!same) {
            observed_.forget_process();
            departures_.clear();
            auto keywords = co_await client_.run("add server help");
            if (!keywords)
                co_return keywords.error();
            info_.server_keywords = haproxy::parse_server_keywords(*keywords);
        }
        info->server_keywords = std::move(info_.server_keywords);
        info_ = std::move(*info);
        co_return same ? Identity::same : Identity::other;
    }
}

void Session::watch(const live::Files& files) {
    observed_.patterns.watched.clear();
    observed_.certificates.watched.clear();
    for (const auto& [object, file] : files) {
        const bool is_certificate = object.kind == plan::ObjectId::Kind::certificate;
        auto& watched =
            is_certificate ? observed_.certificates.watched : observed_.patterns.watched;
        watched.insert(object);
    }
}

asio::awaitable<Result<std::vector<std::string>>> Session::read(std::vector<Command> commands) {
    return client_.run(std::move(commands));
}

asio::awaitable<Result<void>> Session::observe(const live::Kind& kind, live::Scopes scopes) {
    std::vector<std::string> answers;
    std::vector<Command> commands = kind.questions(scopes);
    while (!commands.empty()) {
        auto more = co_await client_.run(std::move(commands));
        if (!more)
            co_return more.error();
        answers.insert(answers.end(), more->begin(), more->end());
        auto further = kind.take(scopes, answers, observed_);
        if (!further)
            co_return further.error();
        commands = std::move(*further);
    }
    if (scopes.empty())
        departures_.forget_others();
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Session::observe_all() {
    for (const live::Kind* const kind : live::kinds()) {
        live::Scopes all;
        auto done = co_await observe(*kind, std::move(all));
        if (!done)
            co_return done;
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Session::adopt(haproxy::Config started,
                                             std::set<plan::ObjectId> in_doubt, bool is_certain) {
    observed_.acl_lines.is_start_certain = is_certain;
    live::adopt(started, in_doubt, observed_);
    auto done = co_await observe_adopted();
    co_return done;
}

asio::awaitable<Result<void>> Session::observe_adopted() {
    for (const live::Kind* const kind : live::kinds()) {
        if (!kind->is_read_after_adoption())
            continue;
        live::Scopes all;
        auto done = co_await observe(*kind, std::move(all));
        if (!done)
            co_return done;
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Session::place_acl_lines(haproxy::Config started) {
    observed_.acl_lines.is_start_certain = true;
    live::find_kind(plan::ObjectId::Kind::acl_line)->adopt(started, {}, observed_);
    auto done = co_await observe_adopted();
    co_return done;
}

asio::awaitable<Result<std::vector<haproxy::StatRow>>>
Session::read_statistics(std::string backend) {
    return apply::read_statistics(client_, std::move(backend));
}

asio::awaitable<Result<std::set<std::string>>> Session::read_backends() {
    const auto answer = co_await client_.run(haproxy::show_backends);
    if (!answer)
        co_return answer.error();
    co_return haproxy::parse_backend_names(*answer);
}

// One that leaves, or that another one stands in for, is planned anew.
void Session::remember(const Knowledge& before, const std::set<plan::ObjectId>& in_doubt) {
    if (!before.info.is_same_process(info_))
        return;
    if (before.acl_lines.is_start_certain && before.acl_lines.is_shown) {
        observed_.acl_lines = before.acl_lines;
        for (auto& [number, list] : observed_.acl_lines.lists)
            list.values.reset(); // they are read again
    }
    for (const plan::ObjectId& object : in_doubt) {
        const auto backend = observed_.servers.find(object.scope);
        if (object.kind != plan::ObjectId::Kind::server || backend == observed_.servers.end() ||
            backend->second.contains(plan::stand_in_name(object.name)))
            continue;
        const auto* const known = haproxy::find_server(before.servers, object.scope, object.name);
        const auto now = backend->second.find(object.name);
        if (known == nullptr || known->options == nullptr || known->leaving ||
            now == backend->second.end())
            continue;
        now->second.options = known->options;
        now->second.address_text = known->address_text;
        now->second.disabled = known->disabled;
        now->second.of_file = known->of_file;
        now->second.pinned = known->pinned;
    }
}

asio::awaitable<Result<Outcome>> Session::run(std::span<const plan::Step> steps) {
    StepsRun steps_run(steps);
    for (auto commands = steps_run.next(); !commands.empty(); commands = steps_run.next()) {
        const auto answers = co_await client_.run(std::move(commands));
        if (!answers)
            co_return answers.error();
        steps_run.take(*answers);
    }
    Outcome outcome;
    for (const plan::Step& step : steps) {
        auto refusal = steps_run.take_refusal(step);
        if (refusal) {
            outcome.refused.push_back(std::move(*refusal));
            continue;
        }
        live::note_done(step, observed_);
        departures_.note_done(step);
        outcome.done.push_back(&step);
    }
    co_return outcome;
}

} // namespace hitless::apply
