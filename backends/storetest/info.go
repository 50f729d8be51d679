package storetest

func infoTests() []test {
	return []test{
		{"Info/constant", nil, infoConstant},
		{"Info/sound", nil, infoSound},
	}
}

func infoConstant(t *T) {
	t.put("a", nil)
	if again := t.store.Info(); again != t.info {
		t.Errorf("Info changed from %+v to %+v", t.info, again)
	}
}

func infoSound(t *T) {
	info := t.info
	switch {
	case info.Name == "":
		t.Error("no name")
	case info.PartAlign < 1:
		t.Errorf("PartAlign is %d; 1 is that of any size", info.PartAlign)
	case info.PartMax > 0 && info.PartMin > info.PartMax:
		t.Errorf("PartMin %d is above PartMax %d", info.PartMin, info.PartMax)
	case info.PartMin%info.PartAlign != 0:
		t.Errorf("PartMin %d is no multiple of PartAlign %d", info.PartMin, info.PartAlign)
	case info.AtomicDirRename && !info.AtomicRename:
		t.Error("renames directories, but not objects")
	case info.RealDirs && info.ObjectAndDir:
		t.Error("real directories, and objects of the same names")
	}
}
