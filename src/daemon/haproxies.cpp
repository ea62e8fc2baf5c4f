#include "daemon/haproxies.hpp"

#include "hitless/plan/unresolved.hpp"

#include "base/spawn.hpp"

#include <algorithm>
#include <utility>

namespace hitless::daemon {

Haproxies::Haproxies(boost::asio::any_io_executor executor, KeptResource& kept,
                     HaproxyKeeper::StartedFrom started_from)
    : executor_(std::move(executor)), kept_(kept), started_from_(std::move(started_from)) {}

void Haproxies::follow(const std::vector<std::string>& sockets, const haproxy::Config& loaded,
                       const haproxy::Config& wanted, bool is_reloading) {
    if (sockets == sockets_)
        return;
    stop();
    sockets_ = sockets;
    for (const std::string& socket : sockets_) {
        HaproxyKeeper& keeper =
            keepers_.emplace_back(executor_, kept_, socket, loaded, started_from_);
        keeper.want(wanted, nullptr, std::nullopt);
        keeper.want_files(files_, std::nullopt);
        if (is_reloading)
            keeper.note_reload_begins();
        base::spawn(executor_, keeper.run());
    }
}

void Haproxies::stop() {
    std::ranges::for_each(keepers_, &HaproxyKeeper::stop);
}

void Haproxies::forget_ended() {
    std::erase_if(keepers_, [](const HaproxyKeeper& keeper) { return keeper.ended(); });
}

void Haproxies::want(const TellHaproxies& wanted) {
    for (HaproxyKeeper& keeper : keepers_)
        keeper.want(wanted.config, wanted.difference ? &*wanted.difference : nullptr, wanted.since);
}

bool Haproxies::any_lacks_note() const {
    return std::ranges::any_of(keepers_, &HaproxyKeeper::lacks_note);
}

void Haproxies::need_no_note() {
    std::ranges::for_each(keepers_, &HaproxyKeeper::need_no_note);
}

void Haproxies::want_files(const live::Files& files,
                           std::optional<converge::OneConfiguration::Time> since) {
    files_ = files;
    for (HaproxyKeeper& keeper : keepers_)
        keeper.want_files(files, since);
}

void Haproxies::compare_all() {
    std::ranges::for_each(keepers_, &HaproxyKeeper::reconcile);
}

void Haproxies::note_reload_begins() {
    std::ranges::for_each(keepers_, &HaproxyKeeper::note_reload_begins);
}

void Haproxies::note_reloaded(const haproxy::Config& config) {
    for (HaproxyKeeper& keeper : keepers_)
        keeper.note_reloaded(config);
}

void Haproxies::note_reload_failed() {
    std::ranges::for_each(keepers_, &HaproxyKeeper::note_reload_failed);
}

void Haproxies::describe(converge::Progress& progress) const {
    for (const HaproxyKeeper& keeper : keepers_)
        keeper.add_to(progress);
    progress.oldest = oldest();
}

haproxy::Info Haproxies::oldest() const {
    haproxy::Info oldest;
    for (const HaproxyKeeper& keeper : keepers_) {
        const haproxy::Info& info = keeper.info();
        if (info.major != 0 && (oldest.major == 0 || !info.at_least(oldest.major, oldest.minor)))
            oldest = info;
    }
    return oldest;
}

std::vector<apply::Process> Haproxies::processes() const {
    std::vector<apply::Process> all;
    for (const HaproxyKeeper& keeper : keepers_) {
        if (apply::Process process = keeper.process(); process.info.pid != 0)
            all.push_back(std::move(process));
    }
    return all;
}

plan::Obstacles Haproxies::obstacles() const {
    plan::Obstacles all;
    for (const HaproxyKeeper& keeper : keepers_)
        all.add(keeper.obstacles());
    return all;
}

bool Haproxies::any_answers() const {
    return std::ranges::any_of(keepers_, &HaproxyKeeper::answers);
}

bool Haproxies::any_in_trouble() const {
    return std::ranges::any_of(keepers_, &HaproxyKeeper::in_trouble);
}

std::string Haproxies::address_of(const plan::ServerId& server) const {
    for (const HaproxyKeeper& keeper : keepers_) {
        if (std::string address = keeper.address_of(server); !address.empty())
            return address;
    }
    // What an earlier reading of the confdir has known, until HAProxy has been read.
    for (const auto& [socket, known] : kept_.known_before) {
        if (std::string address = plan::running_address(known.servers, server); !address.empty())
            return address;
    }
    return {};
}

} // namespace hitless::daemon
