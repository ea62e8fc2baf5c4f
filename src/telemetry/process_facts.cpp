#include "telemetry/process_facts.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace hitless::telemetry {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// The 22nd field of /proc/self/stat: ticks since the machine was started (proc(5)).
double ticks_at_start() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_ends = line.rfind(')');
    if (name_ends == std::string::npos)
        return 0;
    std::istringstream fields(line.substr(name_ends + 1));
    std::string field;
    constexpr int after_name = 20;
    for (int i = 0; i < after_name; ++i)
        fields >> field;
    return std::strtod(field.c_str(), nullptr);
}

} // namespace

ProcessFacts process_facts() {
    ProcessFacts facts;
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0)
        facts.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    double pages = 0;
    double resident = 0;
    if (std::ifstream file("/proc/self/statm"); file >> pages >> resident) {
        facts.virtual_bytes = pages * page;
        facts.resident_bytes = resident * page;
    }
    std::error_code error;
    const std::filesystem::directory_iterator fds("/proc/self/fd", error);
    if (!error)
        facts.open_fds = static_cast<double>(std::distance(begin(fds), end(fds))) - 1;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        facts.most_fds = static_cast<double>(limit.rlim_cur);
    return facts;
}

double start_of_process() {
    std::ifstream file("/proc/uptime");
    double uptime = 0;
    file >> uptime;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const double ago = uptime - ticks_at_start() / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return std::chrono::duration<double>(now).count() - ago;
}

} // namespace hitless::telemetry
