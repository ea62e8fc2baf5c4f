#include "hitless/etcd/reader.hpp"

#include "etcd/connection.hpp"
#include "etcd/node.hpp"
#include "etcd/v2.hpp"

#include <boost/asio/this_coro.hpp>

namespace hitless::etcd {

boost::asio::awaitable<Result<Snapshot>> read(Settings settings, std::string root) {
    const auto nodes = nodes_of(settings);
    if (!nodes)
        co_return nodes.error();
    Connection connection(co_await boost::asio::this_coro::executor, settings);
    std::string troubles;
    for (const Node& node : *nodes) {
        connection.use(node);
        const auto head =
            co_await connection.fetch(Request::get(v2::read_target(root)), settings.timing.answer);
        auto reading = head ? v2::parse_reading(*head, connection.body())
                            : Answer<Reading>(Refusal{{}, head.error().message});
        if (reading)
            co_return Snapshot{std::move(reading->entries), reading->index};
        troubles +=
            fmt::format("{}{}: {}", troubles.empty() ? "" : "; ", node.url(), reading.error().text);
    }
    co_return fail("can't read {} from etcd: {}", root, troubles);
}

} // namespace hitless::etcd
