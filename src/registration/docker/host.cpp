#include "registration/docker/host.hpp"

#include "hitless/base/text.hpp"

#include "base/spawn.hpp"
#include "registration/address.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <exception>

namespace hitless::registration::docker {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{5'000};
/// How many containers the engine is asked about at once: one may keep its answer for long.
constexpr int most_looks = 4;
/// How long an end may wait for etcd; then the TTL has to do it.
constexpr milliseconds deregistration_limit{1'500};
constexpr milliseconds cancellation_limit{300};

} // namespace

Host::Host(const asio::any_io_executor& executor, const Options& options)
    : options_(options),
      executor_(executor),
      engine_(executor, options.docker.socket),
      signals_(executor, SIGTERM, SIGINT, SIGHUP),
      changed_(executor, Clock::time_point::max()),
      relist_(executor),
      web_(executor, options, [this](Report& report) { describe(report); }),
      tasks_(executor) {}

// Following the engine

void Host::tell_trouble(const std::string& text) {
    if (std::exchange(trouble_, text) != text)
        spdlog::warn("the container engine at {} fails; trying again, and leaving all keys as they "
                     "are: {}",
                     base::printable(engine_.socket()), text);
}

asio::awaitable<void> Host::find_address() {
    auto address = address_of_interface(options_.content.interface);
    if (options_.content.interface.empty())
        address = co_await address_towards(options_.etcd);
    if (address || !address_) // a passing trouble is no reason to remove keys
        address_ = std::move(address);
}

asio::awaitable<Result<void>> Host::list() {
    co_await find_address();
    const auto ids = co_await engine_.list();
    if (!ids)
        co_return ids.error();
    for (const std::string& id : *ids)
        entries_.try_emplace(id);
    for (const auto& [id, entry] : entries_) // also those that have gone: the engine says so
        look_at(id);
    listed_ = true;
    remove_leftovers();
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Host::follow_once() {
    events_ = std::make_unique<Engine::Events>(executor_, engine_.socket());
    auto opened = co_await events_->open();
    if (!opened)
        co_return opened;
    auto listed = co_await list(); // after the events, so that nothing is missed in between
    if (!listed)
        co_return listed;
    if (!std::exchange(trouble_, "").empty())
        spdlog::info("the container engine at {} answers again", base::printable(engine_.socket()));
    connected_ = true;
    for (;;) {
        const auto event = co_await events_->next();
        connected_ = event.has_value();
        if (!event)
            co_return event.error();
        take(*event);
    }
}

asio::awaitable<void> Host::follow() {
    asio::steady_timer timer(executor_);
    for (milliseconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
        const auto begun = Clock::now();
        const auto ended = co_await follow_once();
        if (!stopping_)
            tell_trouble(ended.error().message);
        if (Clock::now() - begun > longest_pause)
            pause = first_pause;
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

/// In case that the engine, or a proxy of its socket, has kept an event to itself or hangs.
asio::awaitable<void> Host::list_from_time_to_time() {
    for (;;) {
        relist_.expires_after(options_.docker.resync);
        co_await relist_.async_wait(no_throw);
        const auto listed = co_await list();
        if (!listed && events_)
            events_->close();
    }
}

void Host::take(const Event& event) {
    using Kind = Event::Kind;
    if (event.kind == Kind::lost) {
        if (!std::exchange(loss_told_, true))
            spdlog::warn("the container engine at {} tells of something in too many bytes, perhaps "
                         "of a container with long labels: listing all containers instead",
                         base::printable(engine_.socket()));
        relist_.cancel();
        return;
    }
    auto found = entries_.find(event.id);
    if (event.kind == Kind::nothing || (found == entries_.end() && !event.is_ours))
        return;
    if (found == entries_.end())
        found = entries_.try_emplace(event.id).first;
    Entry& entry = found->second;
    switch (event.kind) {
    case Kind::start:
        dirty_ |= std::exchange(entry.ending, false);
        break;
    case Kind::kill:
        if (!ends(event.signal, entry.stop_signal))
            return;
        entry.ending = true;
        dirty_ = true;
        leave(entry);
        break;
    case Kind::leave:
        leave(entry);
        break;
    case Kind::look:
    case Kind::nothing:
    case Kind::lost:
        break;
    }
    look_at(event.id);
}

// Each container

void Host::leave(Entry& entry) {
    if (entry.keeper)
        entry.keeper->stop();
}

void Host::look_at(const std::string& id) {
    Entry& entry = entries_[id];
    ++entry.events;
    if (!std::exchange(entry.queued, true))
        queue_.push_back(id);
    changed_.cancel();
}

asio::awaitable<void> Host::look_on_and_on() {
    for (;;) {
        const auto free =
            std::ranges::find_if(queue_, [&](const auto& id) { return !entries_[id].looking; });
        if (free == queue_.end()) {
            co_await changed_.async_wait(no_throw);
            continue;
        }
        const std::string id = *free;
        queue_.erase(free);
        entries_[id].queued = false;
        entries_[id].looking = true;
        const unsigned events = entries_[id].events;
        const auto container = co_await engine_.inspect(id);
        Entry& entry = entries_[id];
        entry.looking = false;
        if (!container)
            look_later(id, container.error().message);
        else if (entry.events == events)
            apply(id, *container);
        changed_.cancel();
        remove_leftovers();
    }
}

void Host::look_later(const std::string& id, const std::string& trouble) {
    Entry& entry = entries_[id];
    constexpr unsigned patience = 3; // the engine may be about to end
    if (++entry.failures > patience && trouble_.empty())
        complain(entry, id.substr(0, 12), "the engine doesn't tell about it: " + trouble);
    constexpr unsigned most_doublings = 6;
    const milliseconds pause = first_pause * (1U << std::min(entry.failures - 1, most_doublings));
    if (!std::exchange(entry.waits, true))
        spawn(look_after(id, std::min(pause, longest_pause)));
}

asio::awaitable<void> Host::look_after(std::string id, milliseconds pause) {
    asio::steady_timer timer(executor_, pause);
    co_await timer.async_wait(asio::use_awaitable);
    const auto found = entries_.find(id);
    if (found == entries_.end())
        co_return;
    found->second.waits = false;
    if (found->second.failures > 0)
        look_at(id);
}

void Host::complain(Entry& entry, const std::string& name, const std::string& complaint) {
    if (std::exchange(entry.told, complaint) != complaint && !complaint.empty())
        spdlog::warn("container {} is not registered: {}", base::printable(name, 80), complaint);
}

void Host::apply(const std::string& id, const Container& container) {
    Entry& entry = entries_[id];
    entry.unknown = false;
    entry.name = container.name;
    entry.failures = 0;
    if (container.id.empty() && !entry.keeper) {
        entries_.erase(id);
        return;
    }
    if (!container.alive || (!entry.started_at.empty() && entry.started_at != container.started_at))
        dirty_ |= std::exchange(entry.ending, false);
    dirty_ |= entry.ending && entry.started_at.empty();
    entry.started_at = container.started_at;
    entry.stop_signal = container.stop_signal;
    entry.blocked.clear();
    Wish wish = wish_of(container, options_, address_);
    if (entry.ending)
        wish.service.reset();
    if (entry.keeper) {
        if (wish.service != entry.keeper->service())
            leave(entry); // and looked at again when it has ended
    } else if (wish.service) {
        auto rival = rival_of(id, wish.service->key);
        if (!rival) {
            begin(id, container.name, std::move(*wish.service));
        } else {
            entry.blocked = wish.service->key;
            wish.complaint = std::move(*rival);
        }
    }
    complain(entry, container.name, wish.complaint);
}

std::optional<std::string> Host::rival_of(const std::string& id, const std::string& key) {
    std::string rival;
    if (const auto other = keys_.find(key); other != keys_.end())
        rival = other->second;
    // In the earlier run: it keeps its key as long as it may ask for it.
    else if (const auto former = former_.find(key); former != former_.end() &&
                                                    former->second.container != id &&
                                                    entries_.contains(former->second.container))
        rival = former->second.container;
    else
        return std::nullopt;
    const auto& keeper = entries_[rival].keeper;
    if (keeper && keeper->is_stopping())
        return ""; // it is soon free
    return fmt::format("its key {} is that of another container, {}", base::printable(key),
                       rival.substr(0, 12));
}

void Host::begin(const std::string& id, const std::string& name, Service service) {
    const std::string key = service.key;
    keys_[key] = id;
    std::optional<etcd::Holding> former;
    if (const auto found = former_.find(key); found != former_.end()) {
        former = found->second.holding;
        held_[key] = {*former, id};
        former_.erase(found);
    }
    auto& keeper = entries_[id].keeper;
    keeper = std::make_unique<Keeper>(
        executor_, options_, std::move(service), name, std::move(former),
        [this, id, key](const std::optional<etcd::Holding>& holding) { hold(id, key, holding); },
        web_.metrics());
    tasks_.spawn(keeper->run(), [this, id, key](const std::exception_ptr& thrown) {
        try {
            if (thrown)
                std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            spdlog::error("{} is not kept any more: {}", base::printable(key), error.what());
        }
        end(id, key);
    });
}

void Host::end(const std::string& id, const std::string& key) {
    keys_.erase(key);
    entries_[id].keeper.reset();
    changed_.cancel();
    if (stopping_)
        return;
    look_at(id);
    for (const auto& [other, entry] : entries_)
        if (entry.blocked == key)
            look_at(other);
}

// The end

void Host::wait_for_signals() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error)
            return;
        if (number == SIGHUP)
            relist_.cancel();
        else
            stopping_ = true;
        changed_.cancel();
        wait_for_signals();
    });
}

void Host::spawn(asio::awaitable<void> work) {
    tasks_.spawn(std::move(work), base::rethrow);
}

asio::awaitable<void> Host::until(std::function<bool()> condition, milliseconds limit) {
    asio::steady_timer timer(executor_);
    constexpr milliseconds interval{5};
    for (const auto end = Clock::now() + limit; !condition() && Clock::now() < end;) {
        timer.expires_after(interval);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> Host::stop_all() {
    if (options_.docker.deregister_on_exit) {
        for (auto& [id, entry] : entries_)
            leave(entry);
        co_await until([this] { return keys_.empty(); }, deregistration_limit);
    }
    if (!held_.empty())
        spdlog::info("{} keys are left: they go away {} s after they were renewed last, unless "
                     "hitless-register is started again",
                     held_.size(), options_.ttl.count() / 1000);
    co_await until([this] { return !writing_; }, cancellation_limit); // an older one
    const Note left = note();
    if (!options_.docker.note.empty())
        if (const auto written = write_note(options_.docker.note, left, note_file_); !written)
            spdlog::warn("--docker-note: {}", written.error().message);
    tasks_.cancel();
    co_await until([this] { return tasks_.idle(); }, cancellation_limit);
}

asio::awaitable<int> Host::run() {
    wait_for_signals();
    if (const auto loaded = load_note(); !loaded) {
        spdlog::error("{}", loaded.error().message);
        signals_.cancel();
        co_return failed;
    }
    web_.start();
    spawn(follow());
    spawn(list_from_time_to_time());
    if (!options_.docker.note.empty())
        spawn(write_on_and_on());
    for (int i = 0; i < most_looks; ++i)
        spawn(look_on_and_on());
    while (!stopping_)
        co_await changed_.async_wait(no_throw);
    co_await stop_all();
    signals_.cancel();
    web_.stop();
    co_return done;
}

} // namespace hitless::registration::docker
