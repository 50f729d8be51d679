package main

import (
	"ftpbridge/ftp"
	"ftpbridge/internal/config"
)

func dataPeer(rule config.DataPeer) ftp.DataPeer {
	return ftp.DataPeer{Networks: rule.Networks, BySession: rule.TLS, Any: rule.Any}
}

func passiveHost(host config.PassiveHost) *ftp.PassiveHost {
	told := &ftp.PassiveHost{Addr: host.Addr, Name: host.Name}
	for _, network := range host.Networks {
		told.Networks = append(told.Networks, ftp.PassiveNetwork(network))
	}
	return told
}
