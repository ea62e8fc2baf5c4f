#include "hitless/haproxy/routes.hpp"

#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "web 3" of a route that names the backend; "web 3 ?" where the request does; "… by FILE".
std::vector<std::string> routes(const std::string& text, std::string_view backend = "app") {
    const Config config = Config::parse(text).value();
    std::vector<std::string> found;
    for (const Route& route : routes_to(config, backend)) {
        std::string one = std::string(route.frontend) + " " + std::to_string(route.line);
        if (route.is_by_request)
            one += " ?";
        for (const std::string& file : route.maps)
            one += " by " + file;
        found.push_back(std::move(one));
    }
    return found;
}

TEST(RoutesTo, AreLinesOfFrontends) {
    EXPECT_THAT(routes("frontend web\n default_backend app\nbackend app\n"), ElementsAre("web 2"));
    EXPECT_THAT(routes("frontend web\n use_backend app if TRUE\n default_backend b\nbackend app\n"),
                ElementsAre("web 2"));
    EXPECT_THAT(routes("listen app\n server a 10.0.0.1:80\n"), ElementsAre("app 0"));
    EXPECT_THAT(routes("frontend web\n default_backend other\nbackend app\n"), IsEmpty());
    EXPECT_THAT(routes("backend app\n use_backend app\n"), IsEmpty()) << "no frontend";
}

TEST(RoutesTo, AreInheritedFromDefaultsUnlessTheFrontendSaysOtherwise) {
    EXPECT_THAT(routes("defaults\n default_backend app\nfrontend a\n bind :1\n"
                       "frontend b\n default_backend other\nbackend app\n"),
                ElementsAre("a 2"));
}

TEST(RoutesTo, MayBeByTheRequest) {
    EXPECT_THAT(routes("frontend web\n use_backend %[req.hdr(x)] if TRUE\nbackend app\n"),
                ElementsAre("web 2 ?"));
    EXPECT_THAT(routes("frontend web\n use_backend %[req.hdr(host),lower,map(/h.map,none)]\n"),
                ElementsAre("web 2 ? by /h.map"));
    EXPECT_THAT(routes("frontend web\n use_backend \"%[path,map_beg('/h.map')]\"\n"),
                ElementsAre("web 2 ? by /h.map"));
    EXPECT_THAT(routes("frontend web\n http-request set-var(txn.b) path,map_reg(/h.map,a(b,c))\n"
                       " use_backend %[var(txn.b)]\n"),
                ElementsAre("web 3 ? by /h.map"));
}

/// What is done to the value, or put around it, makes another name of it.
TEST(MapsOfBackends, AreThoseWhoseValuesAreNamesAsTheyStand) {
    const auto maps = [](const std::string& line) {
        return maps_of_backends(Config::parse("frontend web\n " + line + "\n").value());
    };
    EXPECT_THAT(maps("use_backend %[path,map(/h.map)]"), ElementsAre("/h.map"));
    EXPECT_THAT(maps("use_backend %[path,map(/h.map),lower]"), IsEmpty());
    EXPECT_THAT(maps("use_backend %[path,map(/h.map)]_be"), IsEmpty());
    EXPECT_THAT(maps("use_backend app if { path,map(/h.map) -m found }"), IsEmpty());
    EXPECT_THAT(maps("http-request set-header x %[path,map(/h.map)]"), IsEmpty());
    EXPECT_THAT(maps("use_backend %[var(txn.b)]"), IsEmpty());
}

TEST(DisabledFrontends, AreThoseOfTheConfiguration) {
    EXPECT_THAT(
        disabled_frontends(Config::parse("defaults\n disabled\nfrontend a\n bind :1\n"
                                         "frontend b\n enabled\ndefaults\nfrontend c\n disabled\n"
                                         "listen d\n bind :2\nbackend e\n disabled\n"
                                         "frontend f\n disabled\n enabled\n"
                                         "frontend g\n enabled\n disabled\n")
                               .value()),
        ElementsAre("a", "c", "g"));
}

} // namespace
} // namespace hitless::haproxy
