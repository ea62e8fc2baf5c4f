// Loaded before the C library, it is a DNS of files for hitlessd: the addresses of NAME.slow,
// NAME.test and NAME.both are the words of the file of that name in the directory
// $HITLESS_TEST_NAMES. Without the file, NAME.test and NAME.both don't exist, and the look-up of
// NAME.slow hangs until there is one. HAProxy, which checks the file, is told 127.0.0.1 at once;
// only of NAME.both, it is told the same as hitlessd.
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <netdb.h>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace {

using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

std::optional<std::string> read_address(const std::string& name) {
    const char* const directory = std::getenv("HITLESS_TEST_NAMES");
    std::ifstream file(std::string(directory == nullptr ? "" : directory) + "/" + name);
    std::string address;
    return file >> address ? std::optional(address) : std::nullopt;
}

} // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const std::string name = node == nullptr ? "" : node;
    const bool is_slow = name.ends_with(".slow");
    const bool is_for_both = name.ends_with(".both");
    if (!is_slow && !is_for_both && !name.ends_with(".test"))
        return real(node, service, hints, found);
    if (!is_for_both && std::string_view(::program_invocation_short_name) != "hitlessd")
        return real("127.0.0.1", service, hints, found);
    auto address = read_address(name);
    for (; !address && is_slow; address = read_address(name))
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return address ? real(address->c_str(), service, hints, found) : EAI_NONAME;
}
