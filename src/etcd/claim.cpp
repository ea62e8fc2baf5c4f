#include "hitless/etcd/claim.hpp"

#include "hitless/base/text.hpp"

#include "etcd/failover.hpp"
#include "etcd/holder.hpp"
#include "etcd/v2_store.hpp"
#include "etcd/v3_store.hpp"

#include <spdlog/spdlog.h>

#include <stdexcept>

namespace hitless::etcd {
namespace {

using boost::asio::awaitable;

std::vector<Node> usable_nodes(const Settings& settings) {
    auto nodes = nodes_of(settings);
    if (!nodes)
        throw std::invalid_argument(nodes.error().message);
    return std::move(*nodes);
}

std::unique_ptr<Store> make_store(boost::asio::any_io_executor executor, const Settings& settings,
                                  const Registration& registration) {
    if (settings.api == Settings::Api::v2)
        return std::make_unique<V2Store>(std::move(executor), settings, registration);
    return std::make_unique<V3Store>(std::move(executor), settings, registration);
}

} // namespace

struct Claim::Implementation {
    std::unique_ptr<Store> store;
    Failover failover;
    Holder holder;

    Implementation(boost::asio::any_io_executor executor, const Settings& settings,
                   const Registration& registration)
        : store(make_store(std::move(executor), settings, registration)),
          failover(usable_nodes(settings), settings.timing),
          holder(*store, registration.value) {
        store->use(failover.node());
    }

    Standing told(const Answer<Standing>& answer);
};

Claim::Standing Claim::Implementation::told(const Answer<Standing>& answer) {
    const std::string url = failover.node().url();
    if (answer) {
        if (failover.steady())
            spdlog::info("etcd {} answers again", url);
        return *answer;
    }
    const Refusal& refusal = answer.error();
    if (refusal.kind == Refusal::Kind::misplaced) {
        holder.forget();
        return {Standing::Kind::impossible, {}, false, failover.next_pause(), refusal.text};
    }
    const Failover::Step step = failover.failed(refusal);
    if (step.is_news)
        spdlog::log(refusal.kind == Refusal::Kind::unauthorized ? spdlog::level::err
                                                                : spdlog::level::warn,
                    "etcd {} fails; trying again: {}", url, to_string(refusal));
    store->use(failover.node());
    return {Standing::Kind::unknown, {}, false, step.pause, to_string(refusal)};
}

Claim::Claim(boost::asio::any_io_executor executor, const Settings& settings,
             const Registration& registration)
    : self_(new Implementation(std::move(executor), settings, registration)) {}
Claim::~Claim() = default;

awaitable<Claim::Standing> Claim::keep(Force force) {
    const auto answer = co_await self_->holder.keep(force);
    Standing standing = self_->told(answer);
    if (standing.kind == Standing::Kind::ours && standing.is_new) {
        const auto below = co_await self_->store->has_keys_below();
        standing.has_keys_below = below && *below; // not worth a trouble
    }
    co_return standing;
}

awaitable<Claim::Standing> Claim::release(Force force) {
    self_->store->use(self_->failover.node()); // what was under way may have been cancelled
    const auto answer = co_await self_->holder.release(force);
    co_return self_->told(answer);
}

void Claim::adopt(const Holding& holding) {
    self_->holder.adopt(holding);
}

bool Claim::may_hold() const {
    return self_->holder.may_hold();
}

} // namespace hitless::etcd
