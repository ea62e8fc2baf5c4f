#include "http/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hitless::http {

Frame event_frame(std::string_view name, std::string_view data, std::optional<std::uint64_t> id) {
    std::string text;
    text.reserve(data.size() + name.size() + 40);
    if (id)
        text.append("id: ").append(fmt::to_string(*id)).append("\n");
    text.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
    return std::make_shared<const std::string>(std::move(text));
}

Frame Subscription::next() {
    if (queue_.empty())
        return nullptr;
    Frame frame = std::move(queue_.front());
    queue_.pop_front();
    bytes_ -= frame->size();
    return frame;
}

void Subscription::push(const Frame& frame) {
    if (frame == nullptr || is_dropped_)
        return;
    if (!queue_.empty() && bytes_ + frame->size() > most_bytes_) {
        is_dropped_ = true;
        queue_.clear();
        bytes_ = 0;
    } else {
        queue_.push_back(frame);
        bytes_ += frame->size();
    }
    wake_();
}

std::shared_ptr<Subscription> EventHub::join(const Request& request, std::function<void()> wake) {
    if (clients_.size() >= options_.most_clients)
        return nullptr;
    auto client = std::make_shared<Subscription>(options_.most_bytes, std::move(wake));
    const std::string_view asked = request.parameter("after");
    const std::string_view after = request.last_event_id.empty() ? asked : request.last_event_id;
    if (greeting_) {
        for (const Frame& frame : greeting_(after)) {
            client->queue_.push_back(frame); // of a bounded number
            client->bytes_ += frame->size();
        }
    }
    clients_.push_back(client);
    if (joined_)
        joined_();
    return client;
}

void EventHub::leave(const std::shared_ptr<Subscription>& subscription) {
    clients_.remove(subscription);
}

void EventHub::send(const Frame& frame) {
    for (const auto& client : clients_)
        client->push(frame);
}

void EventHub::send(std::string_view topic, const Frame& whole, const Frame& change) {
    for (const auto& client : clients_) {
        if (client->greeted_.contains(topic)) {
            client->push(change);
        } else if (whole != nullptr) {
            client->greeted_.emplace(topic);
            client->push(whole);
        }
    }
}

bool EventHub::awaits(std::string_view topic) const {
    return std::ranges::any_of(
        clients_, [&](const auto& client) { return !client->greeted_.contains(topic); });
}

} // namespace hitless::http
