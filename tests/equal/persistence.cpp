// What holds a client to its server.
#include "equal/ways.hpp"

#include <span>

namespace hitless::test {

void add_persistence(std::vector<Scenario>& all) {
    for (const auto& [name, line] :
         {std::pair{"insert", "cookie SRV insert indirect nocache"},
          std::pair{"rewrite", "cookie SRV rewrite"}, std::pair{"prefix", "cookie SRV prefix"},
          std::pair{"preserve", "cookie SRV insert preserve httponly secure"}}) {
        Scenario like;
        like.name = std::string("cookie_") + name;
        like.backend = std::string("    ") + line + "\n";
        like.cookie = "SRV";
        const std::size_t before = all.size();
        add_moves(like, "cookie c@N1@", all);
        for (Scenario& scenario : std::span(all).subspan(before)) {
            if (scenario.name.find("added") != std::string::npos ||
                scenario.name.ends_with("replaced"))
                scenario.live_from = 300;
        }
    }
    Scenario dynamic;
    dynamic.name = "dynamic_cookie";
    dynamic.backend = "    cookie SRV insert dynamic\n    dynamic-cookie-key secret\n";
    dynamic.cookie = "SRV";
    add_moves(dynamic, "", all);
    add_moves(
        [&] {
            Scenario checked = dynamic;
            checked.name += "_check";
            return checked;
        }(),
        "check inter 50ms", all);
    for (const auto& [name, lines] :
         {std::pair{"src", "    stick-table type ip size 1k expire 1m\n    stick on src\n"},
          std::pair{"hdr",
                    "    stick-table type string len 32 size 1k\n    stick on req.hdr(x-key)\n"}}) {
        Scenario stick;
        stick.name = std::string("stick_on_") + name;
        stick.backend = lines;
        add_moves(stick, "", all);
    }
    add_ways({.name = "cookie",
              .words = "cookie c@N1@",
              .other = "cookie other@N1@",
              .added_from = 300,
              .backend = "    cookie SRV insert indirect nocache\n",
              .cookie = "SRV"},
             all);
    add_ways({.name = "cookie_backup",
              .words = "backup",
              .base = "cookie c@N1@",
              .added_from = 300,
              .backend = "    cookie SRV insert indirect nocache\n",
              .cookie = "SRV"},
             all);
}

} // namespace hitless::test
