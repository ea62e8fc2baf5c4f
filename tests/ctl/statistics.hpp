#pragma once

#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/stat.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace hitless::test {

/// A server as the statistics have it; what is empty isn't told.
struct StatLine {
    std::string backend;
    std::string server;
    std::string status = "UP";
    std::string scur = "0";
    std::string slim = {};
    std::string act = "1";
    std::string bck = "0";
    std::string check_status = "L4OK";
    std::string last_chk = {};
    std::string last_agt = {};
};

inline std::vector<haproxy::StatRow> statistics(const std::vector<StatLine>& lines) {
    std::string text =
        "# pxname,svname,status,scur,slim,act,bck,check_status,check_code,check_duration,last_chk,"
        "qcur,econ,eresp,addr,lastchg,type,last_agt\n";
    for (const StatLine& line : lines)
        text += fmt::format("{},{},{},{},{},{},{},{},,2,{},4,1,2,10.0.0.1:80,60,{},{}\n",
                            line.backend, line.server, line.status, line.scur, line.slim, line.act,
                            line.bck, line.check_status, line.last_chk,
                            line.server == "BACKEND" ? 1 : 2, line.last_agt);
    return haproxy::parse_stat(text).value();
}

/// A server that runs with this state.
inline haproxy::Running running(const std::string& backend, const std::string& server,
                                unsigned admin_state = 0, int weight = 1) {
    haproxy::RunningServer state;
    state.address = "10.0.0.1";
    state.port = 80;
    state.operational = 2;
    state.admin_state = admin_state;
    state.weight = weight;
    haproxy::Running all;
    all[backend][server] = state;
    return all;
}

} // namespace hitless::test
