#pragma once

#include "hitless/registration/registration.hpp"

#include "registration/docker/container.hpp"

#include <optional>
#include <string>

namespace hitless::registration::docker {

/// What a container asks for.
struct Service {
    std::string key;
    std::string value;
    std::optional<Probe> ready; ///< what must answer first

    friend bool operator==(const Service&, const Service&) = default;
};

/// What is to be done for a container as it is now.
struct Wish {
    std::optional<Service> service; ///< to keep in etcd
    std::string complaint;          ///< why not, where somebody has to mend it
};

/// What the labels ask for. `host`: the address of this machine, for containers that need it.
[[nodiscard]] Wish wish_of(const Container& container, const Options& options,
                           const Result<std::string>& host);

} // namespace hitless::registration::docker
