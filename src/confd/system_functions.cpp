#include "confd/date_time.hpp"
#include "confd/dns.hpp"
#include "confd/functions.hpp"
#include "confd/key_pair.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hitless::confd {
namespace {

using Text = const std::string&;

/// Go's *net.SRV.
class ServiceValue : public Object {
  public:
    explicit ServiceValue(ServiceRecord record) : record_(std::move(record)) {}
    [[nodiscard]] std::string type_name() const override { return "*net.SRV"; }
    [[nodiscard]] std::string print() const override {
        return fmt::format("&{{{} {} {} {}}}", record_.target, record_.port, record_.priority,
                           record_.weight);
    }
    [[nodiscard]] std::optional<Result<Value>>
    member(std::string_view name, std::span<const Value> arguments) const override {
        if (name == "Target")
            return field(name, arguments, record_.target);
        if (name == "Port")
            return field(name, arguments, int{record_.port});
        if (name == "Priority")
            return field(name, arguments, int{record_.priority});
        if (name == "Weight")
            return field(name, arguments, int{record_.weight});
        return std::nullopt;
    }

  private:
    ServiceRecord record_;
};

/// Sorted so that the order of an answer makes no difference.
List look_up_service(Text service, Text protocol, Text name) {
    const bool is_whole = service.empty() && protocol.empty();
    auto records =
        look_up_srv(is_whole ? name : fmt::format("_{}._{}.{}", service, protocol, name));
    List list;
    list.type = list_type::services;
    if (!records)
        return list;
    std::ranges::sort(*records, {}, [](const ServiceRecord& r) {
        return fmt::format("{}{}{}{}", r.target, r.port, r.priority, r.weight);
    });
    for (ServiceRecord& record : *records)
        list.emplace_back(
            Value::ObjectPtr(std::make_shared<const ServiceValue>(std::move(record))));
    return list;
}

/// Those with the character, all with none.
Value look_up(Text host, std::optional<char> only) {
    Strings addresses = look_up_addresses(host);
    std::erase_if(addresses, [only](const std::string& address) {
        return only && address.find(*only) == std::string::npos;
    });
    return to_value(addresses, true);
}

Result<std::string> get_env(Text name, Rest rest) {
    const auto fallback = optional_string(rest, 1);
    if (!fallback)
        return fallback.error();
    const char* const value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0')
        return std::string(value);
    return *fallback != nullptr ? **fallback : std::string();
}

/// As confd: only a plain "no such file" says no.
bool file_exists(Text path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 || errno != ENOENT;
}

Result<std::string> host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0)
        return Error{"the host's name can't be read"};
    return std::string(name.data());
}

Value now() {
    using namespace std::chrono;
    const auto since = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
    return make_date_time(make_moment(since / 1'000'000'000, since % 1'000'000'000, Zone::local));
}

} // namespace

void add_system_functions(Functions& functions) {
    functions["getenv"] = make_function(get_env);
    functions["hostname"] = make_function(host_name);
    functions["fileExists"] = make_function(file_exists);
    functions["datetime"] = make_function(now);
    functions["lookupIP"] = make_function([](Text host) { return look_up(host, std::nullopt); });
    functions["lookupIPV4"] = make_function([](Text host) { return look_up(host, '.'); });
    functions["lookupIPV6"] = make_function([](Text host) { return look_up(host, ':'); });
    functions["lookupSRV"] = make_function(look_up_service);
    functions["lookupIfaceIPV4"] =
        make_function([](Text name) { return interface_address(name, AF_INET); });
    functions["lookupIfaceIPV6"] =
        make_function([](Text name) { return interface_address(name, AF_INET6); });
}

} // namespace hitless::confd
