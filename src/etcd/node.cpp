#include "etcd/node.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace hitless::etcd {

std::string Node::authority() const {
    return base::host_port(host, port);
}

std::string Node::url() const {
    return (secure ? "https://" : "http://") + authority();
}

Result<Node> parse_node(std::string_view text, std::string_view scheme) {
    std::string whole(base::trim(text));
    if (whole.find("://") == std::string::npos)
        whole = fmt::format("{}://{}", scheme, whole);
    const auto url = boost::urls::parse_uri(whole);
    const bool known = url && (url->scheme() == "http" || url->scheme() == "https");
    // What is behind the port, or before the host, would be passed over in silence.
    const bool has_more = known && ((url->encoded_path() != "" && url->encoded_path() != "/") ||
                                    url->has_query() || url->has_fragment() || url->has_userinfo());
    if (const auto host = whole.rfind('@'); host != std::string::npos) // before it: a password
        return fail("the address of an etcd node, '…{}', has a user name or a password before "
                    "its host: take them away, and use the settings for user name and password",
                    base::printable(whole.substr(host)));
    if (!known || has_more || url->host_address().empty())
        return fail("'{}' is not the address of an etcd node: it looks like "
                    "http://127.0.0.1:2379, and https is the other scheme",
                    base::printable(text));
    Node node{url->scheme() == "https", url->host_address(), 2379};
    if (url->port().empty())
        return node;
    const auto port = base::parse_port(url->port());
    if (!port)
        return fail("'{}' is not the address of an etcd node: a port is a number from 1 to 65535",
                    base::printable(text));
    node.port = *port;
    return node;
}

Result<std::vector<Node>> nodes_of(const Settings& settings) {
    std::vector<Node> nodes;
    for (const std::string& text : settings.nodes) {
        auto node = parse_node(text, settings.scheme);
        if (!node)
            return node.error();
        if (std::ranges::find(nodes, *node) == nodes.end())
            nodes.push_back(std::move(*node));
    }
    if (nodes.empty())
        nodes.push_back({settings.scheme == "https", "127.0.0.1", 2379});
    return nodes;
}

Result<void> check_nodes(const Settings& settings) {
    const auto nodes = nodes_of(settings);
    return nodes ? Result<void>() : nodes.error();
}

} // namespace hitless::etcd
