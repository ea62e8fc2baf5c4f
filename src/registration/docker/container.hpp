#pragma once

#include "hitless/base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// hitless-register --docker: what the engine says, in our words. Pure: no sockets, no clock.
namespace hitless::registration::docker {

/// A container as the engine describes it (GET /containers/ID/json).
struct Container {
    std::string id;
    std::string name;       ///< without the slash that the engine puts before it
    std::string started_at; ///< tells one run of the container from another
    bool running = false;   ///< and neither paused nor about to be started again
    bool alive = false;     ///< its run isn't over: it may be paused
    std::string health;     ///< "starting", "healthy" or "unhealthy"; empty without a HEALTHCHECK
    std::string stop_signal;
    std::map<std::string, std::string> labels;
    std::string network_mode;
    std::map<std::string, std::string> networks; ///< with an address: name → address

    struct Published {
        std::string address; ///< of the host; zeros: all
        int port = 0;
    };
    std::map<std::string, std::vector<Published>> published; ///< by "8080/tcp"
};
Result<Container> parse_container(std::string_view id, std::string_view answer);
/// Whether an answer 404 is the engine's own, and not that of something before it.
[[nodiscard]] bool says_absent(std::string_view answer);

/// The ids of the running containers that have a label of ours (GET /containers/json).
Result<std::vector<std::string>> parse_list(std::string_view answer);

/// What happened to a container, so far as it concerns us (a line of GET /events).
struct Event {
    enum class Kind {
        nothing,
        start, ///< it runs anew: ask what it is
        look,  ///< it may have changed: ask what it is now
        leave, ///< it stops serving: its key goes now; ask what it is
        kill,  ///< it was sent `signal`
        lost,  ///< the engine said something too long to be read; there is no `id`
    };
    Kind kind = Kind::nothing;
    std::string id;
    std::string signal;   ///< as the engine writes it: a number, or a name
    bool is_ours = false; ///< it has a label of ours; events of networks don't tell
};
Result<Event> parse_event(std::string_view line);

/// Whether that signal tells a container to end.
[[nodiscard]] bool ends(std::string_view signal, std::string_view stop_signal);

/// An id as the engine makes them, which may be put into a path.
[[nodiscard]] bool is_id(std::string_view text);

} // namespace hitless::registration::docker
