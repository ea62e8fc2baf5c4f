#include "equal/updater.hpp"

#include "hitless/plan/difference.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <exception>
#include <utility>

namespace hitless::test {
namespace {

namespace asio = boost::asio;

/// How long it may take; a server that waits for its check takes part of a second. Scenarios in
/// which one waits in vain last so long.
constexpr std::chrono::seconds longest_time{6};
/// The same of files, of which none waits for anything, but a large one keeps a busy machine for
/// long.
constexpr std::chrono::seconds longest_time_of_files{120};

haproxy::Config parsed(const std::string& configuration) {
    return haproxy::Config::parse(configuration).value();
}

daemon::Options patient_options() {
    daemon::Options options;
    options.resync = std::chrono::hours(1); // only when we say so
    options.drain_timeout = std::chrono::seconds(2);
    return options;
}

/// Nothing is written there but notes.
confd::Resource resource_in(const TemporaryDirectory& directory) {
    confd::Resource resource;
    resource.dest = directory / "haproxy.cfg";
    return resource;
}

} // namespace

Updater::Updater(std::string socket, const std::string& started_from)
    : options_(patient_options()),
      kept_(context_.get_executor(), resolver_, site_, options_, resource_in(directory_), nullptr,
            false, false),
      loaded_(parsed(started_from)),
      wanted_(loaded_),
      keeper_(context_.get_executor(), kept_, std::move(socket), loaded_,
              [this](const haproxy::Info&) {
                  return daemon::HaproxyKeeper::Start{loaded_, true};
              }) {
    keeper_.want(wanted_, nullptr, std::nullopt);
    asio::co_spawn(context_, keeper_.run(), [](const std::exception_ptr& error) {
        if (error)
            std::rethrow_exception(error);
    });
    drive(longest_time);
}

Updater::~Updater() {
    keeper_.stop();
    while (!keeper_.ended() && context_.run_one_for(std::chrono::seconds(1)) > 0) {
    }
}

std::vector<std::string> Updater::Outcome::why_not() const {
    return settled || !reasons.empty() ? reasons : std::vector<std::string>{"it hasn't settled"};
}

Updater::Outcome Updater::bring_to(const std::string& configuration) {
    const haproxy::Config before = std::exchange(wanted_, parsed(configuration));
    const plan::Difference difference = plan::compare(before, wanted_);
    keeper_.want(wanted_, &difference, std::nullopt);
    return drive(longest_time);
}

Updater::Outcome Updater::bring_through(std::span<const std::string> configurations) {
    Outcome outcome{true, {}};
    for (const std::string& configuration : configurations) {
        outcome = bring_to(configuration);
        if (!outcome.settled || !outcome.reasons.empty())
            break;
    }
    return outcome;
}

Updater::Outcome Updater::want_files(const live::Files& files) {
    keeper_.want_files(files, std::nullopt);
    return drive(longest_time_of_files);
}

Updater::Outcome Updater::compare_all() {
    keeper_.reconcile();
    return drive(longest_time);
}

Updater::Outcome Updater::drive(std::chrono::seconds limit) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + limit;
    while (Clock::now() < end) {
        if (const auto obstacles = keeper_.obstacles(); !obstacles.empty())
            return {true, in_words(obstacles)};
        if (keeper_.settled() && !keeper_.busy())
            return {true, {}};
        context_.run_one_for(std::chrono::milliseconds(100));
    }
    return {false, in_words(keeper_.obstacles())};
}

} // namespace hitless::test
