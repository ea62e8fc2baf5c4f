#include "plan/backend_facts.hpp"

#include "hitless/haproxy/conditions.hpp"

namespace hitless::plan {

BackendFacts::BackendFacts(const Situation& situation, const haproxy::Section& section)
    : name(section.name),
      servers(situation.wanted, section),
      undecided(haproxy::undecided_servers(situation.wanted, section)),
      why_no_additions(haproxy::no_dynamic_servers(situation.info, situation.wanted, section)),
      dynamic_weights(haproxy::has_dynamic_weights(situation.wanted, section)),
      order(haproxy::order_matters(situation.wanted, section, &situation.info)),
      external_checks(haproxy::has_external_checks(situation.wanted, section)),
      agents_begin_up(haproxy::agents_begin_up(situation.info, situation.wanted, section)),
      dynamic_cookies(haproxy::needs_dynamic_cookies(situation.info, situation.wanted, section)) {
    const auto found = situation.running.find(section.name);
    running = found == situation.running.end() ? nullptr : &found->second;
    if (!why_no_additions && situation.slots && !situation.info.at_least(2, 5))
        why_no_additions = fmt::format("HAProxy {} adds few servers", situation.info.version);
}

const haproxy::RunningServer* BackendFacts::find_running(std::string_view server) const {
    if (running == nullptr)
        return nullptr;
    const auto found = running->find(server);
    return found == running->end() ? nullptr : &found->second;
}

std::shared_ptr<const haproxy::ServerOptions>
BackendFacts::share(const haproxy::ServerOptions& options) const {
    if (!last_shared_ || *last_shared_ != options)
        last_shared_ = std::make_shared<const haproxy::ServerOptions>(options);
    return last_shared_;
}

const BackendFacts& BackendFactsCache::of(const haproxy::Section& section) {
    const auto found = facts_.find(&section);
    if (found != facts_.end())
        return found->second;
    return facts_.try_emplace(&section, situation_, section).first->second;
}

} // namespace hitless::plan
