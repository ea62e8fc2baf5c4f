#include <hitless/haproxy/config.hpp>
#include <hitless/plan/difference.hpp>

int main() {
    const auto before = hitless::haproxy::Config::parse("backend app\n server a 10.0.0.1:80\n");
    const auto after = hitless::haproxy::Config::parse("backend app\n server b 10.0.0.1:80\n");
    return hitless::plan::compare(before.value(), after.value()).servers.size() == 2 ? 0 : 1;
}
