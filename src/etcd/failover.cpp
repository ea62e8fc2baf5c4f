#include "etcd/failover.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::etcd {

using std::chrono::milliseconds;

namespace {

/// What all have trouble with when none of the nodes does what it should.
const std::string every_node = "every node";

} // namespace

Failover::Failover(std::vector<Node> nodes, Timing timing, std::uint32_t seed,
                   std::shared_ptr<base::SharedTroubles> troubles)
    : nodes_(std::move(nodes)),
      timing_(timing),
      random_(seed),
      troubles_(troubles ? std::move(troubles) : std::make_shared<base::SharedTroubles>()) {}

Failover::~Failover() {
    troubles_->forget(this);
}

void Failover::add(const std::vector<Node>& nodes) {
    for (const Node& node : nodes)
        if (std::ranges::find(nodes_, node) == nodes_.end())
            nodes_.push_back(node);
}

Failover::Step Failover::failed(const Refusal& refusal) {
    const std::string url = node().url();
    bool is_news = troubles_->raise(this, url, refusal.text);
    current_ = (current_ + 1) % nodes_.size();
    const milliseconds pause = next_pause();
    const bool is_cut_off = failures_ >= nodes_.size();
    if (is_cut_off) {
        troubles_->cut_off(this, fmt::format("etcd can't be followed: {}: {}", url, refusal.text));
        is_news = troubles_->raise(this, every_node, {}) || is_news;
    }
    if (refusal.kind == Refusal::Kind::unauthorized)
        return {timing_.refused_pause, is_news, true};
    return {pause, is_news, is_cut_off};
}

bool Failover::steady() {
    failures_ = 0;
    troubles_->reached(this);
    troubles_->settle(this, every_node);
    return troubles_->settle(this, node().url());
}

milliseconds Failover::next_pause() {
    const auto longest = timing_.longest_pause.count();
    const unsigned doublings = std::min(failures_++, 30U);
    const auto whole = std::min(timing_.first_pause.count() << doublings, longest);
    // Between half and all of it, so that many clients don't come back together.
    std::uniform_int_distribution<milliseconds::rep> jitter(whole / 2, whole);
    return milliseconds(jitter(random_));
}

} // namespace hitless::etcd
