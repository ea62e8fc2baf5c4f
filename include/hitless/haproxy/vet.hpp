#pragma once

#include "hitless/haproxy/config.hpp"

#include <optional>
#include <string>

namespace hitless::haproxy {

struct BadServer {
    std::string offending;
    std::string message;
};

std::optional<BadServer> vet_server(const Config& config, const Section& section,
                                    const ServerLine& line);

} // namespace hitless::haproxy
