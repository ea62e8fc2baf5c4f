#include "hitless/etcd/reader.hpp"

#include "etcd/node.hpp"
#include "etcd/protocol.hpp"
#include "etcd/session.hpp"

#include <boost/asio/this_coro.hpp>

namespace hitless::etcd {

boost::asio::awaitable<Result<Snapshot>> read(Settings settings, std::string root) {
    const auto nodes = nodes_of(settings);
    if (!nodes)
        co_return nodes.error();
    const Protocol& protocol = protocol_of(settings.api);
    Session session(co_await boost::asio::this_coro::executor, settings);
    std::string troubles;
    for (const Node& node : *nodes) {
        session.connection().use(node);
        const auto head = co_await session.fetch(
            protocol.read(root),
            {settings.timing.answer, settings.timing.whole_answer, settings.sizes.reading});
        auto reading = head ? protocol.parse_reading(root, *head, session.connection().body())
                            : Answer<Reading>(Refusal{{}, head.error().message});
        if (reading)
            co_return Snapshot{std::move(reading->entries), reading->index};
        troubles += fmt::format("{}{}: {}", troubles.empty() ? "" : "; ", node.url(),
                                to_string(reading.error()));
    }
    co_return fail("can't read {} from etcd: {}", root, troubles);
}

} // namespace hitless::etcd
