#include "hitless/base/text.hpp"

#include "registration/docker/host.hpp"

#include <algorithm>

// The part of Host that tells over HTTP what becomes of the containers.
namespace hitless::registration::docker {

ContainerReport Host::describe(const std::string& id, const Entry& entry) {
    using State = ContainerReport::State;
    ContainerReport report;
    report.id = id.substr(0, 12);
    report.name = base::printable(entry.name, 80);
    if (entry.keeper)
        report.key = base::printable(entry.keeper->service().key);
    if (entry.ending)
        report.state = State::ending;
    else if (entry.unknown)
        report.state = State::unknown;
    else if (entry.keeper && entry.keeper->report().state == KeyReport::State::registered)
        report.state = State::registered;
    else if (entry.keeper && entry.keeper->is_container_ready())
        report.state = State::waiting;
    else if (!entry.keeper && !entry.told.empty())
        report.state = State::refused;
    else
        report.state = State::not_ready;
    if (report.state == State::refused)
        report.why = entry.told;
    return report;
}

bool Host::is_settled(const Report& report) const {
    return listed_ && queue_.empty() &&
           std::ranges::none_of(report.engine->containers, [](const ContainerReport& container) {
               return container.state == ContainerReport::State::unknown ||
                      container.state == ContainerReport::State::waiting;
           });
}

void Host::describe(Report& report) const {
    report.is_ending = stopping_;
    EngineReport& engine = report.engine.emplace();
    engine.socket = base::printable(engine_.socket());
    engine.is_connected = connected_;
    engine.trouble = trouble_;
    for (const auto& [id, entry] : entries_) {
        engine.containers.push_back(describe(id, entry));
        if (!entry.keeper)
            continue;
        KeyReport key = entry.keeper->report();
        key.container = engine.containers.back().id;
        report.keys.push_back(std::move(key));
    }
    was_ready_ = was_ready_ || is_settled(report);
    report.is_ready = was_ready_;
}

} // namespace hitless::registration::docker
