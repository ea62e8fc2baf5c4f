#include "confd/date_time.hpp"
#include "confd/dns.hpp"
#include "confd/functions.hpp"
#include "confd/key_pair.hpp"
#include "gotemplate/traces.hpp"

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
    ServiceValue(ServiceRecord record, gotemplate::Trace trace)
        : record_(std::move(record)), trace_(std::move(trace)) {}
    [[nodiscard]] std::string type_name() const override { return "*net.SRV"; }
    [[nodiscard]] std::string print() const override {
        return fmt::format("&{{{} {} {} {}}}", record_.target, record_.port, record_.priority,
                           record_.weight);
    }
    [[nodiscard]] std::optional<Result<Value>>
    member(std::string_view name, std::span<const Value> arguments) const override {
        if (name == "Target")
            return field(name, arguments, Value(record_.target).from(trace_));
        if (name == "Port")
            return field(name, arguments, Value(int{record_.port}).from(trace_));
        if (name == "Priority")
            return field(name, arguments, Value(int{record_.priority}).from(trace_));
        if (name == "Weight")
            return field(name, arguments, Value(int{record_.weight}).from(trace_));
        return std::nullopt;
    }

  private:
    ServiceRecord record_;
    gotemplate::Trace trace_;
};

/// Sorted so that the order of an answer makes no difference.
Value look_up_service(KeyView& view, String service, String protocol, String name) {
    const bool is_whole = service.size() == 0 && protocol.size() == 0;
    const std::string asked =
        is_whole ? name.text()
                 : fmt::format("_{}._{}.{}", service.text(), protocol.text(), name.text());
    auto records = view.look_up({Question::Kind::services, asked}).services;
    const gotemplate::Trace trace = gotemplate::Trace(view.number(Source::Kind::dns, asked))
                                        .with(service.value.trace())
                                        .with(protocol.value.trace())
                                        .with(name.value.trace());
    List list;
    list.type = list_type::services;
    std::ranges::sort(records, {}, [](const ServiceRecord& r) {
        return fmt::format("{}{}{}{}", r.target, r.port, r.priority, r.weight);
    });
    for (ServiceRecord& record : records)
        list.emplace_back(
            Value::ObjectPtr(std::make_shared<const ServiceValue>(std::move(record), trace)));
    return Value(std::move(list)).from(trace);
}

/// Those with the character, all with none.
Value look_up(KeyView& view, String host, std::optional<char> only) {
    Strings addresses = sorted_addresses(view.look_up({Question::Kind::addresses, host.text()}));
    std::erase_if(addresses, [only](const std::string& address) {
        return only && address.find(*only) == std::string::npos;
    });
    Value found = to_value(addresses, true);
    gotemplate::stamp(
        found,
        gotemplate::Trace(view.number(Source::Kind::dns, host.text())).with(host.value.trace()));
    return found;
}

Result<Value> get_env(KeyView& view, String name, Rest rest) {
    const auto fallback = optional_string(rest, 1);
    if (!fallback)
        return fallback.error();
    const char* const value = std::getenv(name.text().c_str());
    const gotemplate::Trace& asked = name.value.trace();
    if (value != nullptr && *value != '\0')
        return Value(value).from(
            gotemplate::Trace(view.number(Source::Kind::environment, name.text())).with(asked));
    return *fallback != nullptr ? rest.front() : Value("").from(asked.whole());
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

void add_system_functions(Functions& functions, const std::shared_ptr<KeyView>& view) {
    functions["getenv"] =
        make_function([view](String name, Rest rest) { return get_env(*view, name, rest); });
    functions["hostname"] = make_function(host_name);
    functions["fileExists"] = make_function(file_exists);
    functions["datetime"] = make_function(now);
    functions["lookupIP"] =
        make_function([view](String host) { return look_up(*view, host, std::nullopt); });
    functions["lookupIPV4"] =
        make_function([view](String host) { return look_up(*view, host, '.'); });
    functions["lookupIPV6"] =
        make_function([view](String host) { return look_up(*view, host, ':'); });
    functions["lookupSRV"] = make_function([view](String service, String protocol, String name) {
        return look_up_service(*view, service, protocol, name);
    });
    for (const char* const name : {"getenv", "lookupIP", "lookupIPV4", "lookupIPV6", "lookupSRV"})
        functions.at(name).keeps_traces = true;
    functions["lookupIfaceIPV4"] =
        make_function([](Text name) { return interface_address(name, AF_INET); });
    functions["lookupIfaceIPV6"] =
        make_function([](Text name) { return interface_address(name, AF_INET6); });
}

} // namespace hitless::confd
