"""Made-up pictures: products cut out and pasted into scenes, strangers, walls."""
