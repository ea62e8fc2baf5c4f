#include "ctl/names.hpp"

#include "hitless/haproxy/stat.hpp"

namespace hitless::ctl {

ProxyNames ask_names(Channel& channel) {
    using Kind = haproxy::StatRow::Kind;
    ProxyNames names;
    const auto answer = channel.run("show stat -1 6 -1"); // backends and servers
    if (!answer)
        return names;
    const auto rows = haproxy::parse_stat(*answer);
    if (!rows)
        return names;
    for (const haproxy::StatRow& row : *rows) {
        if (!is_plain_name(row.proxy()) || !is_plain_name(row.name()))
            continue;
        if (row.kind() == Kind::backend)
            names.backends.push_back(row.proxy());
        else if (row.kind() == Kind::server)
            names.servers.push_back(row.proxy() + "/" + row.name());
    }
    return names;
}

} // namespace hitless::ctl
