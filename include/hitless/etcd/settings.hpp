#pragma once

#include "hitless/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace hitless::etcd {

/// How long things may take, and how often they are done.
struct Timing {
    std::chrono::milliseconds connect{2'000}; ///< name lookup, TCP and TLS handshakes, each
    std::chrono::milliseconds answer{10'000}; ///< the longest silence before an answer goes on
    /// A subtree must have come so long after its first byte, as must one event of a watch.
    std::chrono::milliseconds whole_answer{60'000};
    std::chrono::milliseconds probe{3'000}; ///< a node that is silent so long is asked something…
    std::chrono::milliseconds probe_answer{3'000}; ///< …and left when it doesn't answer within this
    std::chrono::milliseconds poll{60'000};        ///< a silent long poll is asked anew after this
    std::chrono::milliseconds first_pause{50}; ///< after the first failure; then twice as much…
    std::chrono::milliseconds longest_pause{5'000};  ///< …up to this
    std::chrono::milliseconds refused_pause{30'000}; ///< after "unauthorized": a person must act
};

/// How much etcd may send. 100,000 keys with values of 100 bytes take 25 MB in v2, 35 MB in v3.
struct Sizes {
    std::size_t reading = 64 << 20; ///< bytes of a subtree that is read
    std::size_t event = 16 << 20;   ///< of what a watch brings before a new event is whole…
    std::size_t other = 16 << 20;   ///< …and of any other answer
};

/// How to reach etcd.
struct Settings {
    /// Which of etcd's two stores: they hold different keys. v3 goes through the JSON gateway of
    /// etcd 3.4 and later.
    enum class Api { v2, v3 };
    Api api = Api::v2;
    std::vector<std::string>
        nodes; ///< "http://127.0.0.1:2379"; a node without a scheme gets `scheme`
    std::string scheme = "http";
    std::string username; ///< authentication when not empty: v2 basic, v3 by token
    std::string password;
    std::string ca_file;   ///< PEM; whom to trust for https nodes; empty: the system's authorities
    std::string cert_file; ///< PEM; the client's certificate for https nodes, with its chain
    std::string key_file;  ///< PEM; its private key
    bool verify = true;    ///< check the certificate and the name of https nodes
    bool discover =
        false; ///< learn the cluster's other nodes from its members' list, and fail over to them
    /// Of v2: take many events on one answer, rather than one on each. scripts/bench-etcd shows
    /// what that is good for.
    bool stream = true;
    Timing timing;
    Sizes sizes;
};

/// An Error names the first of the nodes that is no address.
Result<void> check_nodes(const Settings& settings);

} // namespace hitless::etcd
