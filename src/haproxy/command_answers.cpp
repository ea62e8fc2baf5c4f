#include "hitless/haproxy/command.hpp"

#include <algorithm>

// How HAProxy answers the commands that Hitless knows when it has carried them out. Found by trying
// on HAProxy 2.6 and 3.4.
namespace hitless::haproxy {
namespace {

/// Of commands that begin so, and have that in them.
struct Known {
    std::string_view begin;
    std::string_view has;
    Success success;
};

constexpr Success silence{Success::Kind::silence};

constexpr Success words(Success::Words said, Success::Words unless = {}) {
    return {Success::Kind::words, said, unless};
}

/// The first that fits counts.
constexpr std::array known = {
    Known{"add server ", "", words({"New server registered"})},
    Known{"del server ", "", words({"Server deleted"})},
    // It may take the address and refuse the port, in one sentence.
    Known{"set server ", " addr ",
          words({"changed from", "no need to change", "nothing changed"},
                {"can't change", "problem converting"})},
    Known{"set server ", " fqdn ", words({"changed its FQDN"})},
    Known{"set server ", "", silence},
    Known{"set maxconn ", "", silence},
    Known{"set rate-limit ", "", silence},
    Known{"set weight ", "", silence},
    Known{"enable health ", "", silence},
    Known{"enable agent ", "", silence},
    Known{"enable dynamic-cookie ", "", silence},
    Known{"disable health ", "", silence},
    Known{"disable agent ", "", silence},
    Known{"disable dynamic-cookie ", "", silence},
    Known{"shutdown sessions server ", "", silence},
    Known{"prepare map ", "", words({"New version created"})},
    Known{"prepare acl ", "", words({"New version created"})},
    Known{"add map ", "", silence},
    Known{"add acl ", "", silence},
    Known{"set map ", "", silence},
    Known{"del map ", "", silence},
    Known{"del acl ", "", silence},
    Known{"clear map ", "", silence},
    Known{"clear acl ", "", silence},
    Known{"commit map ", "", silence},
    Known{"commit acl ", "", silence},
    Known{"new ssl cert ", "", words({"New empty certificate store"})},
    Known{"set ssl cert ", "", words({"Transaction created", "Transaction updated"})},
    Known{"commit ssl cert ", "", words({"Success!"})},
    Known{"abort ssl cert ", "", words({"Transaction aborted"})},
    Known{"del ssl cert ", "", words({" deleted!"})},
    Known{"add ssl crt-list ", "", words({"Success!"})},
    Known{"del ssl crt-list ", "", words({" deleted in crtlist"})},
};

} // namespace

Success success_of(std::string_view line) {
    const auto* const found = std::ranges::find_if(known, [&](const Known& one) {
        return line.starts_with(one.begin) &&
               (one.has.empty() || line.find(one.has) != std::string_view::npos);
    });
    return found == known.end() ? Success{} : found->success;
}

} // namespace hitless::haproxy
