#pragma once

#include "hitless/registration/registration.hpp"

#include <string>
#include <vector>

namespace hitless::registration {

/// What flags set that isn't part of the options as it is.
struct Given {
    std::string backend = "etcd";
    std::string password_file;
    std::string username;
    bool basic_auth = false;
    bool insecure = false;
    bool version = false;
    bool weight = false;
};

/// All of hitless-register's flags, which set these two.
std::vector<base::Flag> flags(Options& options, Given& given);

} // namespace hitless::registration
