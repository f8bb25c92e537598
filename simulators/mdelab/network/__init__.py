"""What stands between endpoint and cloud: DNS, proxies, the box that inspects TLS, and the lab's own entrance.

`dns.Dns`, `tunnel.TunnelProxy`, `entrance.Entrance`, `inspector.Inspector`. Nothing is imported here: the inspector's
subprocess imports this package and needs none of the servers. Which route a client takes is in `mdelab.model.route`.
"""
