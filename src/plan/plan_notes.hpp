#pragma once

#include "hitless/plan/plan.hpp"

#include <string>
#include <string_view>

// How a planner notes in its plan what commands can't do.
namespace hitless::plan {

inline void need_reload(Plan& plan, std::string_view backend, std::string_view server,
                        Cause::Kind kind, std::string why) {
    plan.obstacles.add({ObjectId::Kind::server, std::string(backend), std::string(server)},
                       {kind, std::move(why)});
}

inline void note_problem(Plan& plan, std::string_view backend, std::string_view server,
                         std::string what) {
    plan.problems.push_back(
        {{ObjectId::Kind::server, std::string(backend), std::string(server)}, std::move(what)});
}

/// `instead`: what becomes of the server until then.
inline void note_no_address(Plan& plan, std::string_view backend, const haproxy::Server& server,
                            std::string_view instead) {
    note_problem(plan, backend, server.name,
                 fmt::format("the name '{}' has no address now, so that the server {}; the name is "
                             "looked up again",
                             server.address.host, instead));
}

inline void note_waiting(Plan& plan, std::string_view backend, std::string_view server,
                         std::string what) {
    plan.waiting.push_back(
        {{ObjectId::Kind::server, std::string(backend), std::string(server)}, std::move(what)});
}

inline void note_difference(Plan& plan, std::string_view backend, std::string what) {
    plan.differences.insert({{ObjectId::Kind::server, std::string(backend), {}}, std::move(what)});
}

} // namespace hitless::plan
