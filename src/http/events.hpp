#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::http {

/// An event of a stream, as it is sent; made once for all clients.
using Frame = std::shared_ptr<const std::string>;

/// A server-sent event (HTML standard, 9.2). `data` has no line break.
[[nodiscard]] Frame event_frame(std::string_view name, std::string_view data,
                                std::optional<std::uint64_t> id = std::nullopt);

/// One client's stream: what it has not been sent yet. A client that is slower than the events come
/// is dropped, so that nobody waits for it and its queue stays small.
class Subscription {
  public:
    Subscription(std::size_t most_bytes, std::function<void()> wake)
        : most_bytes_(most_bytes), wake_(std::move(wake)) {}

    /// The next frame; nullptr: there is none now.
    Frame next();
    [[nodiscard]] bool is_dropped() const { return is_dropped_; }
    [[nodiscard]] bool has_next() const { return !queue_.empty(); }

  private:
    friend class EventHub;
    void push(const Frame& frame);

    std::size_t most_bytes_;
    std::function<void()> wake_;
    std::deque<Frame> queue_;
    std::size_t bytes_ = 0; ///< of the queue
    bool is_dropped_ = false;
    std::set<std::string, std::less<>> greeted_; ///< topics of which it has had the whole
};

/// Hands events to all clients that listen. Pure: it knows no socket.
class EventHub {
  public:
    struct Options {
        std::size_t most_clients = 32;
        /// A client may be behind by so many bytes, or by one event where that has more.
        std::size_t most_bytes = 1UL << 20;
    };
    /// What a new client gets first. `after`: the last event that it knows, by what its request
    /// says; empty: it says nothing.
    using Greeting = std::function<std::vector<Frame>(std::string_view after)>;

    explicit EventHub(Options options) : options_(options) {}
    EventHub() : EventHub(Options{}) {}

    void greet_with(Greeting greeting) { greeting_ = std::move(greeting); }
    /// Called when a client has come, after it was greeted.
    void when_joined(std::function<void()> call) { joined_ = std::move(call); }

    /// A client comes. `wake` is called when there is something for it. nullptr: there are too
    /// many.
    std::shared_ptr<Subscription> join(const Request& request, std::function<void()> wake);
    void leave(const std::shared_ptr<Subscription>& subscription);

    /// For all clients.
    void send(const Frame& frame);
    /// Something of which a client needs the whole once, and the changes after that. Clients that
    /// have had the whole get `change`, if there is one; the others get `whole`.
    void send(std::string_view topic, const Frame& whole, const Frame& change);
    /// Some client needs the whole of it.
    [[nodiscard]] bool awaits(std::string_view topic) const;

    [[nodiscard]] std::size_t clients() const { return clients_.size(); }

  private:
    Options options_;
    Greeting greeting_;
    std::function<void()> joined_;
    std::list<std::shared_ptr<Subscription>> clients_;
};

} // namespace hitless::http
